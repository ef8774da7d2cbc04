// SPDX-License-Identifier: BSL-1.0

// A Barrier in a server: managers.BarrierProxy.

#ifndef PICKLED_PROXY_BARRIER_PROXY_HPP
#define PICKLED_PROXY_BARRIER_PROXY_HPP

#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/timeout.hpp"

#include <chrono>
#include <string_view>

PICKLED_BEGIN_NAMESPACE

class barrier_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "BarrierProxy";
  static constexpr std::string_view telling_method = "abort";

  barrier_proxy() = default;
  explicit barrier_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  // Blocks until all parties have arrived; each gets another index, from 0. Throws python_error
  // threading.BrokenBarrierError where the barrier is or gets broken.
  int arrive_and_wait() const { return call_as<int>("wait"); }
  // The same; the barrier breaks, for all, where the time passes.
  template <class Rep, class Period>
  int arrive_and_wait_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return call_as<int>("wait", timeout_seconds(timeout));
  }
  // Breaks the barrier.
  void abort() const { call("abort"); }
  // Makes it whole again; whoever waits gets BrokenBarrierError.
  void reset() const { call("reset"); }

  int parties() const { return call_as<int>("__getattribute__", "parties"); }
  int n_waiting() const { return call_as<int>("__getattribute__", "n_waiting"); }
  bool broken() const { return call_as<bool>("__getattribute__", "broken"); }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_BARRIER_PROXY_HPP
