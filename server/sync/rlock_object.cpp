// SPDX-License-Identifier: BSL-1.0

#include "server/sync/rlock_object.hpp"

#include "pickled/python/python_error.hpp"
#include "server/registry.hpp"
#include "server/sync/holder_death.hpp"
#include "server/sync/wait_arguments.hpp"
#include "server/types/opaque.hpp"

#include <fmt/format.h>

#include <utility>

namespace pickled::inline v0::detail {
namespace {

constexpr method_entry rlock_methods[] = {
    {"acquire", method<&rlock_object::acquire>, needs::waiting},
    {"release", method<&rlock_object::release>, needs::little},
    {"locked", method<&rlock_object::locked>, needs::little},
};

}  // namespace

std::shared_ptr<hosted> rlock_object::create(arguments&) {
  return std::make_shared<rlock_object>();
}

std::span<const method_entry> rlock_object::table() noexcept {
  return rlock_methods;
}

void rlock_object::acquire(call& c) {
  const acquire_arguments how = bind_acquire(c.args);
  if (!take_now(c)) wait_or_fail(c, how.blocking, how.timeout);
}

void rlock_object::release(call& c) {
  c.args.take_none("RLock.release");
  if (poisoned()) {
    cure();
    free();
  } else if (!is_owned(c.who)) {
    throw python_error("RuntimeError", "cannot release un-acquired lock");
  } else if (--count_ == 0) {
    free();
  }
  serve(c.decided());
}

void rlock_object::locked(call& c) {
  c.args.take_none("RLock.locked");
  c.reply.boolean(count_ != 0);
}

std::string rlock_object::text() const {
  return fmt::format("<{} _thread.RLock object owner={} count={} at {}>",
                     count_ == 0 ? "unlocked" : "locked", owner_.session, count_,
                     address_text(this));
}

bool rlock_object::is_owned(const owner& who) const noexcept {
  return count_ != 0 && owner_.session == who.session;
}

std::int64_t rlock_object::release_all(const owner&) {
  const std::int64_t count = count_;
  free();
  return count;
}

void rlock_object::put_back(const waiter& w) noexcept {
  if (count_ == 0 || w.ticket != ticket_) return;
  count_ -= w.count;
  if (count_ <= 0) free();
}

std::uint64_t rlock_object::try_take(const owner& who, std::int64_t count) noexcept {
  if (is_owned(who)) {
    count_ += count;
    return ticket_;
  }
  if (count_ != 0) return 0;
  owner_ = who;
  count_ = count;
  return ++ticket_;
}

settlement rlock_object::settle(const owner& gone, departure how) noexcept {
  if (!is_owned(gone)) return settlement::held_nothing;
  const settlement settled = judge(policy(), holding::by_session, gone.process.pid != 0, how);
  if (settled == settlement::released)
    free();
  else
    owner_ = {};
  return settled;
}

void rlock_object::free() noexcept {
  owner_ = {};
  count_ = 0;
}

void host_rlock(registry& types, iterators) {
  types.host<rlock_object>("RLock", rlock_object::create, "AcquirerProxy",
                           {{"threading", "RLock"}, {"_thread", "RLock"}});
}

}  // namespace pickled::inline v0::detail
