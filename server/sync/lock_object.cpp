// SPDX-License-Identifier: BSL-1.0

#include "server/sync/lock_object.hpp"

#include "pickled/python/python_error.hpp"
#include "server/registry.hpp"
#include "server/sync/wait_arguments.hpp"
#include "server/types/opaque.hpp"

#include <fmt/format.h>

namespace pickled::inline v0::detail {
namespace {

constexpr method_entry lock_methods[] = {
    {"acquire", method<&lock_object::acquire>, needs::waiting},
    {"release", method<&lock_object::release>, needs::little},
    {"locked", method<&lock_object::locked>, needs::little},
};

}  // namespace

std::shared_ptr<hosted> lock_object::create(arguments& args) {
  if (!args.keywords().empty())
    throw python_error("TypeError", "lock() takes no keyword arguments");
  args.take_between("lock", 0, 0);
  return std::make_shared<lock_object>();
}

std::span<const method_entry> lock_object::table() noexcept {
  return lock_methods;
}

void lock_object::acquire(call& c) {
  const acquire_arguments how = bind_acquire(c.args);
  if (!take_now(c)) wait_or_fail(c, how.blocking, how.timeout);
}

void lock_object::release(call& c) {
  c.args.take_none("lock.release");
  release_permits(c.who, 1);
  serve(c.decided());
}

void lock_object::locked(call& c) {
  c.args.take_none("lock.locked");
  c.reply.boolean(value() == 0);
}

std::string lock_object::text() const {
  return fmt::format("<{} _thread.lock object at {}>", value() == 0 ? "locked" : "unlocked",
                     address_text(this));
}

void lock_object::put_back(const waiter& w) noexcept {
  if (value() == 0 && w.ticket == ticket()) undo_take(w.who(), initial());
}

void lock_object::check_release(std::int64_t) const {
  if (value() != 0) throw python_error("RuntimeError", "release unlocked lock");
}

void host_lock(registry& types, iterators) {
  types.host<lock_object>("Lock", lock_object::create, "AcquirerProxy",
                          {{"_thread", "allocate_lock"}, {"_thread", "lock"}});
}

}  // namespace pickled::inline v0::detail
