// SPDX-License-Identifier: BSL-1.0

// An Event in a server: managers.EventProxy.

#ifndef PICKLED_PROXY_EVENT_PROXY_HPP
#define PICKLED_PROXY_EVENT_PROXY_HPP

#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/timeout.hpp"

#include <chrono>
#include <string_view>

PICKLED_BEGIN_NAMESPACE

class event_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "EventProxy";
  static constexpr std::string_view telling_method = "is_set";

  event_proxy() = default;
  explicit event_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  void set() const { call("set"); }
  void clear() const { call("clear"); }
  bool is_set() const { return call_as<bool>("is_set"); }
  // Blocks this thread until the event is set.
  void wait() const { call("wait"); }
  // Whether it was set in time.
  template <class Rep, class Period>
  bool wait_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return call_as<bool>("wait", timeout_seconds(timeout));
  }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_EVENT_PROXY_HPP
