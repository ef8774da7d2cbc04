// SPDX-License-Identifier: BSL-1.0

// A dict in a server: managers.DictProxy, with the manners of a std::map.
//
//   dict_proxy<std::string, int> stock = m.dict<std::string, int>();
//   stock["apples"] = 5;
//   for (const auto& [name, count] : stock) ...
//
// dict_proxy<> holds keys and items of any types: d["k"] = 2.5, d.get<double>("k").

#ifndef PICKLED_PROXY_DICT_PROXY_HPP
#define PICKLED_PROXY_DICT_PROXY_HPP

#include "pickled/proxy/absent.hpp"
#include "pickled/proxy/argument.hpp"
#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/item_iterator.hpp"
#include "pickled/proxy/item_reference.hpp"
#include "pickled/proxy/unconverted_item.hpp"

#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// Keys convert to a hashable Python value. The types say what is sent, and as what items are read
// unless another type is asked for; what others have put there may be something else, which is a
// conversion_error. An OrderedDict has a proxy of its own, which adds to this one; so has a
// defaultdict.
template <class K = value, class V = value>
class dict_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "DictProxy";
  static constexpr std::string_view telling_method = "setdefault";
  using key_type = K;
  using mapped_type = V;
  using value_type = std::pair<K, V>;

  dict_proxy() = default;
  explicit dict_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  std::size_t size() const { return call_as<std::size_t>("__len__"); }
  bool empty() const { return size() == 0; }
  bool contains(argument<K> key) const { return call_as<bool>("__contains__", key); }

  // d["k"] = 5; int n = d["k"].get<int>();
  auto operator[](K key) const requires(!std::same_as<K, value>) {
    return item_reference<dict_proxy, K, V>(*this, std::move(key));
  }
  template <class Key>
  requires std::same_as<K, value>
  auto operator[](const Key& key) const {
    using kept = kept_key<K, Key>;
    return item_reference<dict_proxy, kept, V>(*this, kept(key));
  }
  // Throws python_error KeyError where there is no such key.
  template <class T = V>
  T get(argument<K> key) const {
    return call_as<T>("__getitem__", key);
  }
  V at(argument<K> key) const { return get(key); }
  // The item, or nullopt where there is no such key. No exception is on its way.
  template <class T = V>
  std::optional<T> find(argument<K> key) const {
    value item = call("get", key, absent());
    if (is_absent(item)) return std::nullopt;
    return name_call([&] { return std::move(item).template get<T>(); }, "get", key);
  }
  // The same for many keys in one round trip: a call for each, between which others' may come.
  template <class T = V, class Keys = std::vector<K>>
  std::vector<std::optional<T>> find_many(const Keys& keys) const {
    std::vector<std::optional<T>> found;
    for (auto& item : call_many_unless({}, "get", keys, absent()))
      found.push_back(is_absent(*item) ? std::nullopt
                                       : std::optional<T>(std::move(*item).template get<T>()));
    return found;
  }

  void set(argument<K> key, argument<V> item) const { call("__setitem__", key, item); }
  // Python's setdefault: the item that is there, or else `item`, which then is. Atomic.
  template <class T = V>
  T set_default(argument<K> key, argument<V> item) const {
    return call_as<T>("setdefault", key, item);
  }
  // With a map, or with pairs.
  void update(any_argument items) const { call("update", items); }

  // Removes the item; false where there was none.
  bool erase(argument<K> key) const {
    return call_unless("KeyError", "__delitem__", key).has_value();
  }
  // Removes and returns the item. Throws python_error KeyError.
  template <class T = V>
  T pop(argument<K> key) const {
    return take_as<T>("pop", key);
  }
  // The same, but nullopt where there is no such key.
  template <class T = V>
  std::optional<T> try_pop(argument<K> key) const {
    value item = call("pop", key, absent());
    if (is_absent(item)) return std::nullopt;
    return name_call([&] { return take<T>(std::move(item)); }, "pop", key);
  }
  // The pair that was inserted last. Throws python_error KeyError where the dict is empty.
  template <class A = K, class B = V>
  std::pair<A, B> pop_item() const {
    return take_as<std::pair<A, B>>("popitem");
  }
  void clear() const { call("clear"); }

  // Copies of what is there now, made in one call, in the order of insertion; a std::map by
  // get_value<std::map<K, V>>().
  template <class A = K>
  std::vector<A> keys() const {
    return call_as<std::vector<A>>("keys");
  }
  template <class B = V>
  std::vector<B> values() const {
    return call_as<std::vector<B>>("values");
  }
  template <class A = K, class B = V>
  std::vector<std::pair<A, B>> items() const {
    return call_as<std::vector<std::pair<A, B>>>("items");
  }
  // Over items(), as they are at begin(): what others change meanwhile is not seen.
  item_iterator<value_type> begin() const { return iterate_snapshot(items()); }
  std::default_sentinel_t end() const noexcept { return {}; }
};

// A collections.OrderedDict: insertion order counts, and can be changed. CPython's server cannot
// send what keys, values and items return, and shows the operators ([], size, contains, erase) only
// where it was told to by `exposed=`.
template <class K = value, class V = value>
class ordered_dict_proxy : public dict_proxy<K, V> {
 public:
  static constexpr std::string_view proxytype = "AutoProxy";
  static constexpr std::string_view telling_method = "move_to_end";

  ordered_dict_proxy() = default;
  explicit ordered_dict_proxy(base_proxy of) noexcept : dict_proxy<K, V>(std::move(of)) {}

  // To the beginning unless `last`. Throws python_error KeyError.
  void move_to_end(argument<K> key, bool last = true) const {
    this->call("move_to_end", key, last);
  }
  // The last pair, or the first. Throws python_error KeyError where there is none.
  template <class A = K, class B = V>
  std::pair<A, B> pop_item(bool last = true) const {
    return this->template take_as<std::pair<A, B>>("popitem", last);
  }
};

// A collections.defaultdict: reading an item by [], get or at makes it; find does not. CPython's
// server shows the operators as above.
template <class K = value, class V = value>
class default_dict_proxy : public dict_proxy<K, V> {
 public:
  static constexpr std::string_view proxytype = "AutoProxy";

  default_dict_proxy() = default;
  explicit default_dict_proxy(base_proxy of) noexcept : dict_proxy<K, V>(std::move(of)) {}
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_DICT_PROXY_HPP
