// SPDX-License-Identifier: BSL-1.0

#include "server/sync/condition_object.hpp"

#include "frozen/thaw.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/type_name.hpp"
#include "server/registry.hpp"
#include "server/sync/rlock_object.hpp"
#include "server/sync/wait_arguments.hpp"

#include <fmt/format.h>

#include <utility>

namespace pickled::inline v0::detail {
namespace {

constexpr method_entry condition_methods[] = {
    {"acquire", method<&condition_object::acquire>, needs::waiting},
    {"release", method<&condition_object::release>, needs::little},
    {"locked", method<&condition_object::locked>, needs::little},
    {"wait", method<&condition_object::wait>, needs::waiting},
    {"notify", method<&condition_object::notify>, needs::little},
    {"notify_all", method<&condition_object::notify_all>, needs::little},
};

// The lock that an argument is a proxy of.
std::shared_ptr<acquirable> lock_argument(const frozen& argument) {
  std::shared_ptr<hosted> object = hosted_argument(argument);
  if (auto lock = std::dynamic_pointer_cast<acquirable>(std::move(object))) return lock;
  throw python_error("AttributeError", fmt::format("'{}' object has no attribute 'acquire'",
                                                   type_name(thaw(argument))));
}

}  // namespace

std::shared_ptr<hosted> condition_object::create(arguments& args) {
  const auto [lock] = args.bind<1>("Condition.__init__", {"lock"}, 0);
  if (lock != nullptr && !lock->is_none())
    return std::make_shared<condition_object>(lock_argument(*lock), false);
  return std::make_shared<condition_object>(std::make_shared<rlock_object>(), true);
}

std::span<const method_entry> condition_object::table() noexcept {
  return condition_methods;
}

void condition_object::wait(call& c) {
  const auto [given] = c.args.bind<1>("Condition.wait", {"timeout"}, 0);
  check_owned(c, "wait on");
  const std::optional<double> timeout = wait_timeout(given);
  // After this nothing fails: whoever has let go of the lock takes it back.
  std::shared_ptr<waiter> w = lock_->make_acquirer(c, shared_from_this(), timeout);
  w->count = lock_->release_save(c.who);
  w->take_back();
  c.wait(w);
  if (timeout && *timeout <= 0) {
    // Even so, others get their turn at the lock.
    w->answer = false;
    lock_->acquire_restore(std::move(w), c.decided());
  } else {
    waiters_.push_back(std::move(w));
    lock_->serve(c.decided());
  }
}

void condition_object::notify(call& c) {
  const auto [n] = c.args.bind<1>("Condition.notify", {"n"}, 0);
  check_owned(c, "notify on");
  if (waiters_.empty()) return;
  const std::optional<double> count = n == nullptr ? 1 : double_of(*n);
  if (!count) not_comparable(">", *n);
  for (double notified = 0; notified < *count && !waiters_.empty(); ++notified)
    notify_first(c.decided());
}

void condition_object::notify_all(call& c) {
  c.args.bind<0>("Condition.notify_all", {}, 0);
  check_owned(c, "notify on");
  while (!waiters_.empty())
    notify_first(c.decided());
}

std::string condition_object::repr(std::size_t) const {
  return step(
      [this] { return fmt::format("<Condition({}, {})>", lock_->text(), waiters_.size()); });
}

void condition_object::set_holder_death(holder_death policy) noexcept {
  if (own_lock_) lock_->set_holder_death(policy);
}

void condition_object::on_expire(waiter& w, decided_waiters& decided) {
  // One that was notified in time only waits for the lock.
  if (!w.waiting() || w.queue != &waiters_) return;
  w.answer = false;
  lock_->acquire_restore(waiters_.remove(w), decided);
}

void condition_object::on_withdraw(waiter& w, decided_waiters& decided) {
  const bool notified = w.answer && !(w.waiting() && w.queue == &waiters_);
  if (lock_->withdraw_acquirer(w, decided) && notified && !waiters_.empty()) notify_first(decided);
}

void condition_object::notify_first(decided_waiters& decided) {
  lock_->acquire_restore(waiters_.pop_front(), decided);
}

void condition_object::check_owned(const call& c, const char* what) const {
  if (!lock_->is_owned(c.who))
    throw python_error("RuntimeError", fmt::format("cannot {} un-acquired lock", what));
}

void host_condition(registry& types, iterators) {
  types.host<condition_object>("Condition", condition_object::create, "ConditionProxy",
                               {{"threading", "Condition"}});
}

}  // namespace pickled::inline v0::detail
