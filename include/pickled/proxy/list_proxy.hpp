// SPDX-License-Identifier: BSL-1.0

// A list in a server: managers.ListProxy, with the manners of a std::vector.

#ifndef PICKLED_PROXY_LIST_PROXY_HPP
#define PICKLED_PROXY_LIST_PROXY_HPP

#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/item_reference.hpp"
#include "pickled/proxy/slice.hpp"
#include "pickled/proxy/unconverted_item.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace pickled {

// An index may be negative, as in Python: -1 is the last item. Where there is no such item,
// python_error IndexError.
class list_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "ListProxy";
  static constexpr std::string_view telling_method = "append";

  list_proxy() = default;
  explicit list_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  std::size_t size() const { return call("__len__").get<std::size_t>(); }
  bool empty() const { return size() == 0; }
  template <class T>
  bool contains(const T& item) const {
    return call("__contains__", item).template get<bool>();
  }

  // l[0] = 5; int x = l[0].get<int>();
  auto operator[](std::ptrdiff_t index) const {
    return item_reference<list_proxy, std::ptrdiff_t>(*this, index);
  }
  value at(std::ptrdiff_t index) const { return call("__getitem__", index); }
  template <class T>
  T get(std::ptrdiff_t index) const {
    return at(index).get<T>();
  }
  // A copy of some items: l.get<int>(slice{2, 5}).
  template <class T>
  std::vector<T> get(const slice& range) const {
    return call("__getitem__", range).template get<std::vector<T>>();
  }
  template <class T>
  void set(std::ptrdiff_t index, const T& item) const {
    call("__setitem__", index, item);
  }
  template <class T>
  void set(const slice& range, const T& items) const {
    call("__setitem__", range, items);
  }

  template <class T>
  void push_back(const T& item) const {
    call("append", item);
  }
  template <class T>
  void extend(const T& items) const {
    call("extend", items);
  }
  template <class T>
  void insert(std::ptrdiff_t index, const T& item) const {
    call("insert", index, item);
  }
  // Removes and returns an item, the last by default. Throws python_error IndexError where there
  // is none, unconverted_item where it does not fit T.
  template <class T>
  T pop(std::ptrdiff_t index = -1) const {
    return take<T>(call("pop", index));
  }
  void erase(std::ptrdiff_t index) const { call("__delitem__", index); }
  void erase(const slice& range) const { call("__delitem__", range); }
  // Not `clear`, which servers before Python 3.14 do not expose.
  void clear() const { erase(slice()); }

  // The first item equal to `item`; python_error ValueError where there is none.
  template <class T>
  std::size_t index(const T& item) const {
    return call("index", item).template get<std::size_t>();
  }
  template <class T>
  void remove(const T& item) const {
    call("remove", item);
  }
  template <class T>
  std::size_t count(const T& item) const {
    return call("count", item).template get<std::size_t>();
  }
  void reverse() const { call("reverse"); }
  void sort(bool descending = false) const { call("sort", keyword{"reverse", descending}); }
};

}  // namespace pickled

#endif  // PICKLED_PROXY_LIST_PROXY_HPP
