// SPDX-License-Identifier: BSL-1.0

// A list in a server: managers.ListProxy, with the manners of a std::vector.
//
//   list_proxy<double> samples = m.list<double>();
//   samples.push_back(2.5);
//   for (const double sample : samples) ...
//
// list_proxy<> holds items of any types: l.push_back("text"), l.get<std::string>(-1).

#ifndef PICKLED_PROXY_LIST_PROXY_HPP
#define PICKLED_PROXY_LIST_PROXY_HPP

#include "pickled/proxy/argument.hpp"
#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/item_iterator.hpp"
#include "pickled/proxy/item_reference.hpp"
#include "pickled/proxy/slice.hpp"
#include "pickled/proxy/unconverted_item.hpp"

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// An index may be negative, as in Python: -1 is the last item. Where there is no such item,
// python_error IndexError.
template <class T = value>
class list_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "ListProxy";
  static constexpr std::string_view telling_method = "append";
  using value_type = T;

  list_proxy() = default;
  explicit list_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  std::size_t size() const { return call_as<std::size_t>("__len__"); }
  bool empty() const { return size() == 0; }
  bool contains(argument<T> item) const { return call_as<bool>("__contains__", item); }

  // l[0] = 5; int n = l[0].get<int>();
  auto operator[](std::ptrdiff_t index) const {
    return item_reference<list_proxy, std::ptrdiff_t, T>(*this, index);
  }
  template <class U = T>
  U get(std::ptrdiff_t index) const {
    return call_as<U>("__getitem__", index);
  }
  T at(std::ptrdiff_t index) const { return get(index); }
  // The item, or nullopt where there is none. No exception is on its way.
  template <class U = T>
  std::optional<U> find(std::ptrdiff_t index) const {
    auto item = call_unless("IndexError", "__getitem__", index);
    if (!item) return std::nullopt;
    return name_call([&] { return std::move(*item).template get<U>(); }, "__getitem__", index);
  }
  // The same for many indices in one round trip: a call for each, between which others' may come.
  template <class U = T, class Indices = std::vector<std::ptrdiff_t>>
  std::vector<std::optional<U>> find_many(const Indices& indices) const {
    std::vector<std::optional<U>> found;
    for (auto& item : call_many_unless("IndexError", "__getitem__", indices))
      found.push_back(item ? std::optional<U>(std::move(*item).template get<U>()) : std::nullopt);
    return found;
  }
  // A copy of some items: l.get(slice{2, 5}).
  template <class U = T>
  std::vector<U> get(const slice& range) const {
    return call_as<std::vector<U>>("__getitem__", range);
  }
  void set(std::ptrdiff_t index, argument<T> item) const { call("__setitem__", index, item); }
  void set(const slice& range, any_argument items) const { call("__setitem__", range, items); }

  void push_back(argument<T> item) const { call("append", item); }
  void extend(any_argument items) const { call("extend", items); }
  void insert(std::ptrdiff_t index, argument<T> item) const { call("insert", index, item); }
  // Removes and returns an item, the last by default. Throws python_error IndexError where there
  // is none, unconverted_item where it does not fit U.
  template <class U = T>
  U pop(std::ptrdiff_t index = -1) const {
    return take_as<U>("pop", index);
  }
  // The same, but nullopt where there is none.
  template <class U = T>
  std::optional<U> try_pop(std::ptrdiff_t index = -1) const {
    return take_unless<U>("IndexError", "pop", index);
  }
  void erase(std::ptrdiff_t index) const { call("__delitem__", index); }
  void erase(const slice& range) const { call("__delitem__", range); }
  // Not `clear`, which servers before Python 3.14 do not expose.
  void clear() const { erase(slice()); }

  // The first item equal to `item`; python_error ValueError where there is none.
  std::size_t index(argument<T> item) const { return call_as<std::size_t>("index", item); }
  // Removes that item; false where there is none.
  bool remove(argument<T> item) const {
    return call_unless("ValueError", "remove", item).has_value();
  }
  std::size_t count(argument<T> item) const { return call_as<std::size_t>("count", item); }
  void reverse() const { call("reverse"); }
  void sort(bool descending = false) const { call("sort", keyword{"reverse", descending}); }

  // Over the items by their numbers, `chunk` of them in a call, and so as Python iterates over a
  // list that others change: what is inserted or removed before the place that was reached shifts
  // items past it, so that some are seen twice or not at all; what is appended is seen until the
  // last ones were read. A copy of all at one moment is get_value<std::vector<T>>().
  static constexpr std::size_t chunk = 1000;
  item_iterator<T> begin() const {
    return item_iterator<T>([list = *this, next = std::ptrdiff_t{0}, more = true]() mutable {
      std::vector<T> items;
      if (!more) return items;
      const auto start = std::exchange(next, next + static_cast<std::ptrdiff_t>(chunk));
      items = list.get(slice{start, next});
      more = items.size() == chunk;
      return items;
    });
  }
  std::default_sentinel_t end() const noexcept { return {}; }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_LIST_PROXY_HPP
