// SPDX-License-Identifier: BSL-1.0

// A Condition in a server: managers.ConditionProxy, with the manners of std::condition_variable.
// It is locked itself:
//
//   std::unique_lock lock(condition);
//   condition.wait(lock, [&] { return jobs.size() > 0; });

#ifndef PICKLED_PROXY_CONDITION_PROXY_HPP
#define PICKLED_PROXY_CONDITION_PROXY_HPP

#include "pickled/proxy/acquirer_proxy.hpp"
#include "pickled/proxy/timeout.hpp"

#include <cassert>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <utility>

PICKLED_BEGIN_NAMESPACE

// The lock belongs to the thread that acquired it. Without it, wait and notify throw python_error
// RuntimeError. Where the connection of the thread is lost, so is the lock, and the next call of
// that thread throws lock_lost.
class condition_proxy : public acquirer_proxy {
 public:
  static constexpr std::string_view proxytype = "ConditionProxy";
  static constexpr std::string_view telling_method = "notify";

  condition_proxy() = default;
  explicit condition_proxy(base_proxy of) noexcept
      : acquirer_proxy(std::move(of), of_connection()) {}

  void wait() const { call("wait"); }
  // False where the time passed without a notification.
  template <class Rep, class Period>
  bool wait_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return call_as<bool>("wait", timeout_seconds(timeout));
  }
  void notify_one() const { notify(1); }
  void notify(int count) const { call("notify", count); }
  void notify_all() const { call("notify_all"); }

  // With the lock on this condition, const or not, as a std::condition_variable takes it.
  template <class C>
  void wait(std::unique_lock<C>& lock) const {
    wait_locked(lock.owns_lock());
  }
  template <class C, class Predicate>
  void wait(std::unique_lock<C>& lock, Predicate ready) const {
    while (!ready())
      wait_locked(lock.owns_lock());
  }
  template <class C, class Rep, class Period>
  std::cv_status wait_for([[maybe_unused]] std::unique_lock<C>& lock,
                          const std::chrono::duration<Rep, Period>& timeout) const {
    assert(lock.owns_lock());
    return wait_for(timeout) ? std::cv_status::no_timeout : std::cv_status::timeout;
  }
  template <class C, class Clock, class Duration>
  std::cv_status wait_until(std::unique_lock<C>& lock,
                            const std::chrono::time_point<Clock, Duration>& deadline) const {
    return wait_for(lock, deadline - Clock::now());
  }
  // Whether `ready` was true in the end.
  template <class C, class Rep, class Period, class Predicate>
  bool wait_for([[maybe_unused]] std::unique_lock<C>& lock,
                const std::chrono::duration<Rep, Period>& timeout, Predicate ready) const {
    assert(lock.owns_lock());
    const auto deadline = detail::time_after(timeout);
    while (!ready()) {
      if (!wait_for(deadline - std::chrono::steady_clock::now())) return ready();
    }
    return true;
  }

  template <class C, class Clock, class Duration, class Predicate>
  bool wait_until(std::unique_lock<C>& lock,
                  const std::chrono::time_point<Clock, Duration>& deadline, Predicate ready) const {
    return wait_for(lock, deadline - Clock::now(), std::move(ready));
  }

 private:
  void wait_locked([[maybe_unused]] bool locked) const {
    assert(locked);
    wait();
  }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_CONDITION_PROXY_HPP
