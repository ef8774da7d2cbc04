// SPDX-License-Identifier: BSL-1.0

// What is acquired and released: managers.AcquirerProxy, for lock, RLock and semaphores. Meets
// the requirements of TimedLockable, so that std::unique_lock and std::scoped_lock take it.

#ifndef PICKLED_PROXY_ACQUIRER_PROXY_HPP
#define PICKLED_PROXY_ACQUIRER_PROXY_HPP

#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/connection_error.hpp"
#include "pickled/proxy/lock_lost.hpp"
#include "pickled/proxy/timeout.hpp"

#include <chrono>
#include <exception>
#include <string_view>
#include <utility>

PICKLED_BEGIN_NAMESPACE

class acquirer_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "AcquirerProxy";
  static constexpr std::string_view telling_method = "acquire";

  acquirer_proxy() = default;
  explicit acquirer_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  // Blocks this thread alone. Where it gives up because of the proxy's own timeout, the lock may
  // still be granted: rather use try_lock_for.
  void acquire() const {
    call("acquire");
    if (of_connection_) note_acquired();
  }
  // Throws python_error RuntimeError or ValueError where nothing was acquired, and lock_lost where
  // what was acquired is gone.
  void release() const {
    call_of_same("release");
    if (of_connection_) note_released();
  }

  void lock() const { acquire(); }
  bool try_lock() const { return noted(call_as<bool>("acquire", false)); }
  template <class Rep, class Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return noted(call_as<bool>("acquire", true, timeout_seconds(timeout)));
  }
  template <class Clock, class Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& deadline) const {
    return try_lock_for(deadline - Clock::now());
  }
  // release() for guards, whose destructors may not throw: what the server or the network says
  // against it is dropped, but for lock_lost, which is thrown by the next call of this thread, also
  // where the server is not there to be told. It takes at most 5 seconds, and tries connecting
  // once, whatever the policy. Where the connection fails, a server that watches its clients frees
  // the lock; CPython's does not.
  void unlock() const noexcept {
    int lost = 0;
    try {
      lost = take_lost();
      if (lost == 0 || !of_connection_) {
        acquirer_proxy hurried = *this;
        hurried.hurry();
        hurried.release();
      }
    } catch (const lock_lost& error) {
      lost += error.locks();
    } catch (const unanswered_call&) {
    } catch (const connection_error&) {
      ++lost;
    } catch (const std::exception&) {
    }
    if (lost != 0) note_lost(lost);
  }

 protected:
  // For locks that belong to the connection which acquired them, so that they go with it.
  struct of_connection {};
  acquirer_proxy(base_proxy of, of_connection) noexcept
      : base_proxy(std::move(of)), of_connection_(true) {}

 private:
  bool noted(bool acquired) const noexcept {
    if (acquired && of_connection_) note_acquired();
    return acquired;
  }

  bool of_connection_ = false;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_ACQUIRER_PROXY_HPP
