// SPDX-License-Identifier: BSL-1.0

// A Value in a server: managers.ValueProxy. One value; the typecode binds nobody.

#ifndef PICKLED_PROXY_VALUE_PROXY_HPP
#define PICKLED_PROXY_VALUE_PROXY_HPP

#include "pickled/proxy/argument.hpp"
#include "pickled/proxy/base_proxy.hpp"

#include <string_view>
#include <utility>

PICKLED_BEGIN_NAMESPACE

template <class T = value>
class value_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "ValueProxy";
  static constexpr std::string_view telling_method = "set";

  value_proxy() = default;
  explicit value_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  template <class U = T>
  U get() const {
    return call_as<U>("get");
  }
  void set(argument<T> item) const { call("set", item); }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_VALUE_PROXY_HPP
