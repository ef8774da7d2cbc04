// SPDX-License-Identifier: BSL-1.0

// An Array in a server: managers.ArrayProxy, numbers of one type and a fixed length.

#ifndef PICKLED_PROXY_ARRAY_PROXY_HPP
#define PICKLED_PROXY_ARRAY_PROXY_HPP

#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/item_reference.hpp"
#include "pickled/proxy/slice.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace pickled {

// A number that the array cannot hold is a python_error OverflowError or TypeError, an index that
// it does not have an IndexError. All numbers at once by get_value<std::vector<T>>().
class array_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "ArrayProxy";
  static constexpr std::string_view telling_method = "__setitem__";

  array_proxy() = default;
  explicit array_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  std::size_t size() const { return call("__len__").get<std::size_t>(); }
  auto operator[](std::ptrdiff_t index) const {
    return item_reference<array_proxy, std::ptrdiff_t>(*this, index);
  }
  value at(std::ptrdiff_t index) const { return call("__getitem__", index); }
  template <class T>
  T get(std::ptrdiff_t index) const {
    return at(index).get<T>();
  }
  template <class T>
  std::vector<T> get(const slice& range) const {
    return call("__getitem__", range).template get<std::vector<T>>();
  }
  template <class T>
  void set(std::ptrdiff_t index, const T& item) const {
    call("__setitem__", index, item);
  }
};

}  // namespace pickled

#endif  // PICKLED_PROXY_ARRAY_PROXY_HPP
