// SPDX-License-Identifier: BSL-1.0

// What Python's ==, < and hash() say of values, without running Python, by the rules of
// CPython 3.13. Shared references are visited once for each pair of places, so that the cost is
// bounded by the size of the graphs, not of their trees. None of these recurses with the depth of a
// value; values that contain themselves raise RecursionError as they do in CPython, and so do keys
// of keys of keys (…) beyond a hundred levels.
//
// Where Python would run code of a class: the standard library's data types (numbers, datetime,
// collections, array, pathlib, uuid, ipaddress's addresses), named tuples and subclasses of int,
// float, str, bytes, tuple, list and dict compare as Python does; only the case of letters that are
// not ASCII counts in paths of Windows. Any other two instances are equal when class and state are,
// however they were pickled, and so are two proxies of one object. A member of an Enum is such an
// instance, whatever else its class is, but is less than another one if its value is. A float has
// no identity here: a NaN is equal only to itself as part of one container, which it is after no
// trip by pickle either; a Decimal's NaN is an object, and so equal to itself inside of containers.

#ifndef PICKLED_PYTHON_COMPARE_HPP
#define PICKLED_PYTHON_COMPARE_HPP

#include "pickled/value/value.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

namespace detail {

// Objects rather than functions, which algorithms take although each has two forms:
// std::sort(items, less). The form with an error returns false or 0 where the other one throws.
struct equal_function {
  bool operator()(value_argument a, value_argument b) const;
  bool operator()(value_argument a, value_argument b, std::error_code& error) const {
    return catch_error(error, [&] { return (*this)(a, b); });
  }
};

struct less_function {
  bool operator()(value_argument a, value_argument b) const;
  bool operator()(value_argument a, value_argument b, std::error_code& error) const {
    return catch_error(error, [&] { return (*this)(a, b); });
  }
};

struct hash_function {
  std::uint64_t operator()(value_argument v, std::uint64_t origin = 0) const;
  std::uint64_t operator()(value_argument v, std::error_code& error,
                           std::uint64_t origin = 0) const {
    return catch_error(error, [&] { return (*this)(v, origin); });
  }
};

}  // namespace detail

// 1 == 1.0 == True; str and bytes differ. Throws python_error RecursionError.
inline constexpr detail::equal_function equal{};

// a < b. Throws python_error TypeError as CPython does: "'<' not supported between instances of
// 'str' and 'int'"; decimal.InvalidOperation for Decimal's NaN, RecursionError as above. Datetimes
// of two zones other than timezone objects and ZoneInfo("UTC") are refused with a TypeError.
inline constexpr detail::less_function less{};

// Seeded for each process; equal values have equal hashes. Containers of a NaN, which equal nothing
// but themselves, hash alike where they are thawed out of one `origin`, whatever number tells it
// from others. Throws python_error TypeError "unhashable type: 'list'".
inline constexpr detail::hash_function hash{};

// The same as equal().
inline bool operator==(value_argument a, value_argument b) {
  return equal(a, b);
}

PICKLED_END_NAMESPACE

template <>
struct std::hash<pickled::value_view> {
  std::size_t operator()(pickled::value_view v) const { return pickled::hash(v); }
};
template <>
struct std::hash<pickled::value> {
  std::size_t operator()(const pickled::value& v) const { return pickled::hash(v); }
};

#endif  // PICKLED_PYTHON_COMPARE_HPP
