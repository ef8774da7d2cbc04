// SPDX-License-Identifier: BSL-1.0

// What container[key] gives: the place of an item in a container elsewhere, to be read or assigned.
// Each use is a call of its own; nothing is remembered.

#ifndef PICKLED_PROXY_ITEM_REFERENCE_HPP
#define PICKLED_PROXY_ITEM_REFERENCE_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/value/value.hpp"

#include <utility>

namespace pickled {

template <class Proxy, class Key>
class item_reference {
 public:
  item_reference(Proxy container, Key key)
      : container_(std::move(container)), key_(std::move(key)) {}
  item_reference(const item_reference&) = default;

  template <class T>
  const item_reference& operator=(const T& item) const {
    container_.set(key_, item);
    return *this;
  }
  // Assigns the item that the other refers to.
  item_reference& operator=(const item_reference& other) {
    container_.set(key_, other.get<value>());
    return *this;
  }

  template <class T>
  T get() const {
    return container_.at(key_).template get<T>();
  }
  operator value() const { return container_.at(key_); }

 private:
  Proxy container_;
  Key key_;
};

}  // namespace pickled

#endif  // PICKLED_PROXY_ITEM_REFERENCE_HPP
