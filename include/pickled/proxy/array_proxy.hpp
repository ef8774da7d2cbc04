// SPDX-License-Identifier: BSL-1.0

// An Array in a server: managers.ArrayProxy, numbers of one type and a fixed length.

#ifndef PICKLED_PROXY_ARRAY_PROXY_HPP
#define PICKLED_PROXY_ARRAY_PROXY_HPP

#include "pickled/proxy/argument.hpp"
#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/item_iterator.hpp"
#include "pickled/proxy/item_reference.hpp"
#include "pickled/proxy/slice.hpp"

#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// A number that the array cannot hold is a python_error OverflowError or TypeError, an index that
// it does not have an IndexError. All numbers at once by get_value<std::vector<T>>().
template <class T = value>
class array_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "ArrayProxy";
  static constexpr std::string_view telling_method = "__setitem__";
  using value_type = T;

  array_proxy() = default;
  explicit array_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  std::size_t size() const { return call_as<std::size_t>("__len__"); }
  auto operator[](std::ptrdiff_t index) const {
    return item_reference<array_proxy, std::ptrdiff_t, T>(*this, index);
  }
  template <class U = T>
  U get(std::ptrdiff_t index) const {
    return call_as<U>("__getitem__", index);
  }
  T at(std::ptrdiff_t index) const { return get(index); }
  template <class U = T>
  std::vector<U> get(const slice& range) const {
    return call_as<std::vector<U>>("__getitem__", range);
  }
  void set(std::ptrdiff_t index, argument<T> item) const { call("__setitem__", index, item); }

  // Over a copy of all numbers, as they are at begin().
  item_iterator<T> begin() const { return iterate_snapshot(get_value<std::vector<T>>()); }
  std::default_sentinel_t end() const noexcept { return {}; }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_ARRAY_PROXY_HPP
