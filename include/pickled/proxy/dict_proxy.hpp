// SPDX-License-Identifier: BSL-1.0

// A dict in a server: managers.DictProxy, with the manners of a std::map.

#ifndef PICKLED_PROXY_DICT_PROXY_HPP
#define PICKLED_PROXY_DICT_PROXY_HPP

#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/item_reference.hpp"
#include "pickled/proxy/unconverted_item.hpp"
#include "pickled/python/python_error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace pickled {

// Keys may be of any type that converts to a hashable Python value.
class dict_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "DictProxy";
  static constexpr std::string_view telling_method = "setdefault";

  dict_proxy() = default;
  explicit dict_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  std::size_t size() const { return call("__len__").get<std::size_t>(); }
  bool empty() const { return size() == 0; }
  template <class K>
  bool contains(const K& key) const {
    return call("__contains__", key).template get<bool>();
  }

  // d["k"] = 5; int x = d["k"].get<int>();
  auto operator[](std::string_view key) const {
    return item_reference<dict_proxy, std::string>(*this, std::string(key));
  }
  template <class K>
  requires(!std::is_convertible_v<const K&, std::string_view>) auto operator[](const K& key) const {
    return item_reference<dict_proxy, K>(*this, key);
  }
  // Throws python_error KeyError where there is no such key, and so does get.
  template <class K>
  value at(const K& key) const {
    return call("__getitem__", key);
  }
  template <class T, class K>
  T get(const K& key) const {
    return at(key).template get<T>();
  }
  // The item, or nullopt where there is no such key.
  template <class T, class K>
  std::optional<T> find(const K& key) const {
    try {
      return get<T>(key);
    } catch (const python_error& error) {
      if (error.type() != "KeyError") throw;
      return std::nullopt;
    }
  }

  template <class K, class T>
  void set(const K& key, const T& item) const {
    call("__setitem__", key, item);
  }
  // Python's setdefault: the item that is there, or else `item`, which then is. Atomic.
  template <class K, class T>
  T set_default(const K& key, const T& item) const {
    return call("setdefault", key, item).template get<T>();
  }
  template <class T>
  void update(const T& items) const {
    call("update", items);
  }

  // Removes the item; false where there was none.
  template <class K>
  bool erase(const K& key) const {
    try {
      call("__delitem__", key);
      return true;
    } catch (const python_error& error) {
      if (error.type() != "KeyError") throw;
      return false;
    }
  }
  // Removes and returns the item. Throws python_error KeyError.
  template <class T, class K>
  T pop(const K& key) const {
    return take<T>(call("pop", key));
  }
  // The pair that was inserted last. Throws python_error KeyError where the dict is empty.
  template <class K, class T>
  std::pair<K, T> pop_item() const {
    return take<std::pair<K, T>>(call("popitem"));
  }
  void clear() const { call("clear"); }

  // Copies of what is there now, in the order of insertion; a std::map by get_value.
  template <class K>
  std::vector<K> keys() const {
    return call("keys").get<std::vector<K>>();
  }
  template <class T>
  std::vector<T> values() const {
    return call("values").get<std::vector<T>>();
  }
  template <class K, class T>
  std::vector<std::pair<K, T>> items() const {
    return call("items").get<std::vector<std::pair<K, T>>>();
  }
};

}  // namespace pickled

#endif  // PICKLED_PROXY_DICT_PROXY_HPP
