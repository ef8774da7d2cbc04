// SPDX-License-Identifier: BSL-1.0

// An item of a container in a server, to be read or assigned: l[0] = 5; int n = d["k"].get<int>();
// Each use is a call of its own; nothing is remembered.

#ifndef PICKLED_PROXY_ITEM_REFERENCE_HPP
#define PICKLED_PROXY_ITEM_REFERENCE_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/proxy/argument.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/value/value.hpp"

#include <concepts>
#include <iosfwd>
#include <utility>

PICKLED_BEGIN_NAMESPACE

namespace detail {

// An item of an item: where `outer` is a proxy, of the object itself, which may be a dict, a list
// or anything else that takes a subscript; else of the copy. Throws as the object's own call does,
// and access_error where a copy has no such item.
value nested_item(const value& outer, any_argument key);
// Throws conversion_error where `outer` is no proxy: a copy that nobody has cannot be changed.
void set_nested_item(const value& outer, any_argument key, any_argument item);

}  // namespace detail

// Of a container whose items are Ts; `value` stands for any.
template <class Container, class Key, class T = value>
class item_reference {
 public:
  explicit item_reference(Container container, Key key)
      : container_(std::move(container)), key_(std::move(key)) {}
  item_reference(const item_reference&) = default;

  const item_reference& operator=(argument<T> item) const {
    container_.set(key_, item);
    return *this;
  }
  // Assigns the item that the other refers to.
  item_reference& operator=(const item_reference& other) {
    container_.set(key_, other.get());
    return *this;
  }

  template <class U = T>
  U get() const {
    return container_.template get<U>(key_);
  }
  operator T() const { return get(); }

  // An item of this item, where that is a proxy or a container:
  // shared["inner"]["list"][1] = 5. Each level is a call of its own.
  template <class K>
  auto operator[](const K& key) const {
    return item_reference<item_reference, kept_key<value, K>>(*this, kept_key<value, K>(key));
  }
  template <class U, class K>
  U get(const K& key) const {
    return detail::nested_item(get<value>(), key).template get<U>();
  }
  template <class K>
  void set(const K& key, any_argument item) const {
    detail::set_nested_item(get<value>(), key, item);
  }

 private:
  Container container_;
  Key key_;
};

// As itself in what is sent: d["b"] = l[0].
template <class Container, class Key, class T>
value_view to_value(const item_reference<Container, Key, T>& from, value_builder& b) {
  return b.share(from.template get<value>());
}

// Python's text of the item.
template <class Container, class Key, class T>
std::ostream& operator<<(std::ostream& out, const item_reference<Container, Key, T>& item) {
  return out << item.template get<value>();
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_ITEM_REFERENCE_HPP
