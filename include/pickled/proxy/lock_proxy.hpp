// SPDX-License-Identifier: BSL-1.0

// A Lock in a server, and an RLock: std::lock_guard guard(lock).

#ifndef PICKLED_PROXY_LOCK_PROXY_HPP
#define PICKLED_PROXY_LOCK_PROXY_HPP

#include "pickled/proxy/acquirer_proxy.hpp"

PICKLED_BEGIN_NAMESPACE

// threading.Lock: any thread or process may release it.
class lock_proxy : public acquirer_proxy {
 public:
  using acquirer_proxy::acquirer_proxy;
};

// threading.RLock: belongs to the thread that acquired it, which may do so again and has to
// release it as often. Where the connection of the thread is lost, so is the lock, and the next
// call of that thread throws lock_lost.
class rlock_proxy : public acquirer_proxy {
 public:
  rlock_proxy() = default;
  explicit rlock_proxy(base_proxy of) noexcept : acquirer_proxy(std::move(of), of_connection()) {}
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_LOCK_PROXY_HPP
