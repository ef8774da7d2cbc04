// SPDX-License-Identifier: BSL-1.0

#include "server/sync/acquirable.hpp"

#include "pickled/python/python_error.hpp"
#include "server/types/opaque.hpp"

#include <fmt/format.h>

#include <cassert>
#include <utility>

namespace pickled::inline v0::detail {

std::string acquirable::repr(std::size_t) const {
  return step([this] { return text(); });
}

void acquirable::write_value(splicer&) const {
  cannot_pickle(unpicklable());
}

void acquirable::on_expire(waiter& w, decided_waiters& decided) {
  if (w.waiting()) decided.expire(acquirers_.remove(w), frozen::boolean(false));
}

void acquirable::on_withdraw(waiter& w, decided_waiters& decided) {
  withdraw_acquirer(w, decided);
}

void acquirable::on_give_back(waiter& w, decided_waiters& decided) {
  withdraw_acquirer(w, decided);
}

settlement acquirable::on_owner_gone(const owner& gone, departure how, decided_waiters& decided) {
  raised poison;
  if (policy_ == holder_death::poison)
    poison = std::make_shared<python_error>(
        "RuntimeError",
        fmt::format("its holder (pid {}) died without releasing it", gone.process.pid));
  const settlement settled = settle(gone, how);
  if (settled == settlement::poisoned) {
    poison_ = std::move(poison);
    while (!acquirers_.empty())
      decided.grant(acquirers_.pop_front(), poison_);
  }
  if (settled == settlement::released) serve(decided);
  return settled;
}

std::int64_t acquirable::release_save(const owner& who) {
  const std::int64_t count = release_all(who);
  ++away_;
  return count;
}

void acquirable::acquire_restore(std::shared_ptr<waiter> w, decided_waiters& decided) noexcept {
  --away_;
  acquirers_.push_back(std::move(w));
  if (poisoned())
    decided.grant(acquirers_.pop_front(), poison_);
  else
    serve(decided);
}

void acquirable::serve(decided_waiters& decided) noexcept {
  while (waiter* first = acquirers_.front()) {
    first->ticket = try_take(first->who(), first->count);
    if (first->ticket == 0) return;
    decided.grant(acquirers_.pop_front(), frozen::boolean(first->answer));
  }
}

bool acquirable::withdraw_acquirer(waiter& w, decided_waiters& decided) noexcept {
  if (w.waiting()) {
    if (w.queue != &acquirers_) --away_;
    decided.withdraw(w.queue->remove(w));
    return true;
  }
  if (w.current() != waiter::state::granted) return false;
  put_back(w);
  w.withdraw();
  serve(decided);
  return true;
}

bool acquirable::take_now(call& c) {
  if (poisoned()) throw python_error(*poison_);
  std::shared_ptr<waiter> w = make_acquirer(c, shared_from_this(), std::nullopt);
  w->ticket = try_take(c.who, w->count);
  if (w->ticket == 0) return false;
  w->grant(frozen::boolean(true));
  c.wait(std::move(w));
  return true;
}

void acquirable::wait_or_fail(call& c, bool blocking, std::optional<double> timeout) {
  if (!blocking || (timeout && *timeout <= 0)) {
    c.reply.boolean(false);
    return;
  }
  std::shared_ptr<waiter> w = make_acquirer(c, shared_from_this(), timeout);
  acquirers_.push_back(w);
  c.wait(std::move(w));
}

std::shared_ptr<waiter> acquirable::make_acquirer(call& c, std::shared_ptr<hosted> home,
                                                  std::optional<double> timeout) {
  make_room(acquirers_.size() + away_ + 1);
  return c.make_waiter(std::move(home), timeout);
}

}  // namespace pickled::inline v0::detail
