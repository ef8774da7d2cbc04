// SPDX-License-Identifier: BSL-1.0

// How conversions work, as nlohmann/json does it: two functions for each type, found by argument-
// dependent lookup, so that a program adds its own types in their own namespace:
//
//   pickled::value_view to_value(const T&, pickled::value_builder&);
//   void from_value(pickled::value_view, T&);
//
// from_value throws conversion_error where the value does not fit. Values convert to themselves.
// Types may hold themselves: what is nested in one another more than max_conversion_depth times is
// neither written nor read, but is a conversion_error.

#ifndef PICKLED_CONVERT_CORE_HPP
#define PICKLED_CONVERT_CORE_HPP

#include "pickled/convert/conversion_error.hpp"
#include "pickled/value/value.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>

PICKLED_BEGIN_NAMESPACE

// Types that point into the value that they were read from: string_view, spans, views.
template <class T>
inline constexpr bool borrows = false;
// Containers and the like of what points into the value.
template <template <class...> class Of, class... Parts>
inline constexpr bool borrows<Of<Parts...>> = (borrows<Parts> || ...);
template <class T, std::size_t Size>
inline constexpr bool borrows<std::array<T, Size>> = borrows<T>;
template <>
inline constexpr bool borrows<value_view> = true;

template <class T>
concept writable = requires(const T& from, value_builder& b) {
  { to_value(from, b) } -> std::same_as<value_view>;
};
template <class T>
concept readable = std::default_initializable<T> && requires(value_view v, T& to) {
  from_value(v, to);
};

// Elements of elements, attributes among them. Values have limits of their own.
inline constexpr int max_conversion_depth = 1000;

namespace detail {

[[noreturn]] void throw_too_deep();

// Types whose values Python has no hash for, which makes them no keys: known without a value.
template <class T>
inline constexpr bool is_unhashable = false;

template <class Key>
value_view write_key(const Key& from, value_builder& b);

// The C++ type may be recursive, and so may the value: levels are counted for each thread.
class nesting {
 public:
  nesting() {
    if (depth_ == max_conversion_depth) throw_too_deep();
    ++depth_;
  }
  ~nesting() { --depth_; }
  nesting(const nesting&) = delete;
  nesting& operator=(const nesting&) = delete;

 private:
  static inline thread_local int depth_ = 0;
};

}  // namespace detail

// Writes an element of what is being written.
template <class T>
value_view write_element(const T& from, value_builder& b) {
  if constexpr (std::is_arithmetic_v<T>) {  // which nests nothing
    return to_value(from, b);
  } else {
    const detail::nesting level;
    return to_value(from, b);
  }
}

// Writes a key of a dict or an item of a set. Throws access_error where Python has no hash for it.
template <class Key>
value_view detail::write_key(const Key& from, value_builder& b) {
  static_assert(!is_unhashable<Key>,
                "Python has no hash for a list, dict or set, and takes none as a key: use a tuple, "
                "or a text");
  const value_view key = write_element(from, b);
  if (!key.hashable()) throw_unhashable(key);
  return key;
}

// Reads an element; `step` makes its part of the path, should it not fit.
template <class T, class Step>
void read_element(value_view from, T& to, const Step& step) {
  const detail::nesting level;
  try {
    from_value(from, to);
  } catch (conversion_error& error) {
    error.enter(step());
    throw;
  }
}

inline value_view to_value(value_view v, value_builder&) {
  return v;
}
inline void from_value(value_view v, value_view& to) {
  to = v;
}

// Shares what holds the value; nothing is copied.
value_view to_value(const value& v, value_builder& b);
inline value_view to_value(const value::reference& item, value_builder& b) {
  return to_value(value(item), b);
}
inline value_view to_value(const value::const_reference& item, value_builder& b) {
  return to_value(value(item), b);
}
// A copy of its own, with the same sharing inside. Throws pickling_error where persistent ids are
// in it.
void from_value(value_view v, value& to);

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_CORE_HPP
