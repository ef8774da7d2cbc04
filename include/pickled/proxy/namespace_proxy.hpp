// SPDX-License-Identifier: BSL-1.0

// A Namespace in a server: managers.NamespaceProxy, attributes by name.

#ifndef PICKLED_PROXY_NAMESPACE_PROXY_HPP
#define PICKLED_PROXY_NAMESPACE_PROXY_HPP

#include "pickled/proxy/argument.hpp"
#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/item_reference.hpp"

#include <string>
#include <string_view>
#include <utility>

PICKLED_BEGIN_NAMESPACE

// Where there is no such attribute, python_error AttributeError.
class namespace_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "NamespaceProxy";
  static constexpr std::string_view telling_method = "__setattr__";

  namespace_proxy() = default;
  explicit namespace_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  // ns["x"] = 5; int x = ns["x"].get<int>();
  auto operator[](std::string_view name) const {
    return item_reference<namespace_proxy, std::string>(*this, std::string(name));
  }
  template <class T = value>
  T get(std::string_view name) const {
    return call_as<T>("__getattribute__", name);
  }
  value at(std::string_view name) const { return get(name); }
  void set(std::string_view name, any_argument item) const { call("__setattr__", name, item); }
  void erase(std::string_view name) const { call("__delattr__", name); }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_NAMESPACE_PROXY_HPP
