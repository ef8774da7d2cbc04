// SPDX-License-Identifier: BSL-1.0

// An item that a call took out of an object, and that does not fit the C++ type it was asked as.

#ifndef PICKLED_PROXY_UNCONVERTED_ITEM_HPP
#define PICKLED_PROXY_UNCONVERTED_ITEM_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/value/value.hpp"

#include <optional>
#include <utility>

PICKLED_BEGIN_NAMESPACE

// Thrown in place of conversion_error by what removes an item as it reads it (a queue's get, pop):
// the object no longer has it, so the exception does.
class unconverted_item : public conversion_error {
 public:
  unconverted_item(const conversion_error& why, value item)
      : conversion_error(why), item_(std::move(item)) {}

  const value& item() const noexcept { return item_; }

 private:
  value item_;
};

// The item as a T. Throws unconverted_item.
template <class T>
T take(value item) {
  static_assert(!borrows<T>, "this type points into the item: take a pickled::value");
  try {
    return item.get<T>();
  } catch (const conversion_error& why) {
    throw unconverted_item(why, std::move(item));
  }
}

// The same of an item that may not have been there.
template <class T>
std::optional<T> take(std::optional<value> item) {
  return item ? std::optional<T>(take<T>(std::move(*item))) : std::nullopt;
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_UNCONVERTED_ITEM_HPP
