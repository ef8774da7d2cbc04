// SPDX-License-Identifier: BSL-1.0

// A Semaphore or BoundedSemaphore in a server, also by the names of std::counting_semaphore.

#ifndef PICKLED_PROXY_SEMAPHORE_PROXY_HPP
#define PICKLED_PROXY_SEMAPHORE_PROXY_HPP

#include "pickled/proxy/acquirer_proxy.hpp"

#include <chrono>

PICKLED_BEGIN_NAMESPACE

// release() of a bounded one beyond its initial value throws python_error ValueError.
class semaphore_proxy : public acquirer_proxy {
 public:
  using acquirer_proxy::acquirer_proxy;

  bool try_acquire() const { return try_lock(); }
  template <class Rep, class Period>
  bool try_acquire_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return try_lock_for(timeout);
  }
  template <class Clock, class Duration>
  bool try_acquire_until(const std::chrono::time_point<Clock, Duration>& deadline) const {
    return try_lock_until(deadline);
  }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_SEMAPHORE_PROXY_HPP
