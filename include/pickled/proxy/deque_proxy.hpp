// SPDX-License-Identifier: BSL-1.0

// A collections.deque in a server. CPython's server shows the operators ([], size, contains) only
// where it was told to by `exposed=`.

#ifndef PICKLED_PROXY_DEQUE_PROXY_HPP
#define PICKLED_PROXY_DEQUE_PROXY_HPP

#include "pickled/proxy/argument.hpp"
#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/item_iterator.hpp"
#include "pickled/proxy/item_reference.hpp"
#include "pickled/proxy/unconverted_item.hpp"

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// With a maxlen, what is added at one end pushes items out at the other. An index may be negative:
// -1 is the last item. Where there is no such item, python_error IndexError.
template <class T = value>
class deque_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "AutoProxy";
  static constexpr std::string_view telling_method = "appendleft";
  using value_type = T;

  deque_proxy() = default;
  explicit deque_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  std::size_t size() const { return call_as<std::size_t>("__len__"); }
  bool empty() const { return size() == 0; }
  bool contains(argument<T> item) const { return call_as<bool>("__contains__", item); }

  auto operator[](std::ptrdiff_t index) const {
    return item_reference<deque_proxy, std::ptrdiff_t, T>(*this, index);
  }
  template <class U = T>
  U get(std::ptrdiff_t index) const {
    return call_as<U>("__getitem__", index);
  }
  T at(std::ptrdiff_t index) const { return get(index); }
  void set(std::ptrdiff_t index, argument<T> item) const { call("__setitem__", index, item); }

  void push_back(argument<T> item) const { call("append", item); }
  void push_front(argument<T> item) const { call("appendleft", item); }
  void extend(any_argument items) const { call("extend", items); }
  // One after the other, so that the last is the first in the end.
  void extend_left(any_argument items) const { call("extendleft", items); }
  void insert(std::ptrdiff_t index, argument<T> item) const { call("insert", index, item); }
  // Each removes and returns an item. Throws unconverted_item where it does not fit U.
  template <class U = T>
  U pop_back() const {
    return take_as<U>("pop");
  }
  template <class U = T>
  U pop_front() const {
    return take_as<U>("popleft");
  }
  // The same, but nullopt where there is none.
  template <class U = T>
  std::optional<U> try_pop_back() const {
    return take_unless<U>("IndexError", "pop");
  }
  template <class U = T>
  std::optional<U> try_pop_front() const {
    return take_unless<U>("IndexError", "popleft");
  }
  void erase(std::ptrdiff_t index) const { call("__delitem__", index); }
  void clear() const { call("clear"); }

  // The first item equal to `item`; python_error ValueError where there is none.
  std::size_t index(argument<T> item) const { return call_as<std::size_t>("index", item); }
  // Removes that item; false where there is none.
  bool remove(argument<T> item) const {
    return call_unless("ValueError", "remove", item).has_value();
  }
  std::size_t count(argument<T> item) const { return call_as<std::size_t>("count", item); }
  void reverse() const { call("reverse"); }
  // The last `n` items go to the front; to the back where `n` is negative.
  void rotate(std::ptrdiff_t n = 1) const { call("rotate", n); }

  // Over a copy of all items, as they are at begin().
  item_iterator<T> begin() const { return iterate_snapshot(get_value<std::vector<T>>()); }
  std::default_sentinel_t end() const noexcept { return {}; }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_DEQUE_PROXY_HPP
