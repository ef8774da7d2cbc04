// SPDX-License-Identifier: BSL-1.0

// A set in a server: managers.SetProxy, which CPython has from 3.14 on, with the manners of a
// std::set.

#ifndef PICKLED_PROXY_SET_PROXY_HPP
#define PICKLED_PROXY_SET_PROXY_HPP

#include "pickled/proxy/argument.hpp"
#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/item_iterator.hpp"
#include "pickled/proxy/unconverted_item.hpp"

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// The set operations take any set or sequence, proxies of this server included. A std::set of all
// items is get_value<std::set<T>>().
template <class T = value>
class set_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "SetProxy";
  static constexpr std::string_view telling_method = "add";
  using key_type = T;
  using value_type = T;

  set_proxy() = default;
  explicit set_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  std::size_t size() const { return call_as<std::size_t>("__len__"); }
  bool empty() const { return size() == 0; }
  bool contains(argument<T> item) const { return call_as<bool>("__contains__", item); }

  void insert(argument<T> item) const { call("add", item); }
  // Removes the item; false where there was none.
  bool erase(argument<T> item) const { return call_unless("KeyError", "remove", item).has_value(); }
  // Removes and returns any item. Throws python_error KeyError where there is none,
  // unconverted_item where it does not fit U.
  template <class U = T>
  U pop() const {
    return take_as<U>("pop");
  }
  // The same, but nullopt where there is none.
  template <class U = T>
  std::optional<U> try_pop() const {
    return take_unless<U>("KeyError", "pop");
  }
  void clear() const { call("clear"); }

  // Each changes this set, in one step.
  void update(any_argument items) const { call("update", items); }
  void difference_update(any_argument items) const { call("difference_update", items); }
  void intersection_update(any_argument items) const { call("intersection_update", items); }
  void symmetric_difference_update(any_argument items) const {
    call("symmetric_difference_update", items);
  }
  // Each returns a copy, in no order.
  std::vector<T> union_with(any_argument items) const { return copied("union", items); }
  std::vector<T> difference(any_argument items) const { return copied("difference", items); }
  std::vector<T> intersection(any_argument items) const { return copied("intersection", items); }
  std::vector<T> symmetric_difference(any_argument items) const {
    return copied("symmetric_difference", items);
  }
  bool is_disjoint(any_argument items) const { return call_as<bool>("isdisjoint", items); }
  bool is_subset(any_argument items) const { return call_as<bool>("issubset", items); }
  bool is_superset(any_argument items) const { return call_as<bool>("issuperset", items); }

  // Over a copy of all items, as they are at begin().
  item_iterator<T> begin() const { return iterate_snapshot(get_value<std::vector<T>>()); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  std::vector<T> copied(std::string_view method, any_argument items) const {
    return call_as<std::vector<T>>(method, items);
  }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_SET_PROXY_HPP
