// SPDX-License-Identifier: BSL-1.0

// Conversions of numbers, None and characters.
//
//   bool, integers    bool, int           an int out of the C++ type's range is an error; True is 1
//   float, double     float               also of an int, which is rounded as Python's float()
//   std::complex      complex             also of a float or int
//   char              str of one ASCII character
//   enums             int, or a member of a Python Enum with an int value (see describe.hpp)
//   nullptr_t, monostate    None
//
// A subclass of Python's type (IntFlag, numpy.float64) counts as that type.

#ifndef PICKLED_CONVERT_SCALAR_HPP
#define PICKLED_CONVERT_SCALAR_HPP

#include "pickled/convert/core.hpp"
#include "pickled/python/element_type.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <variant>

PICKLED_BEGIN_NAMESPACE

template <class T, class... Others>
concept one_of = (std::same_as<T, Others> || ...);

// What counts as an int in Python: not bool, nor the character types.
template <class T>
concept whole_number =
    std::integral<T> && !one_of<T, bool, char, wchar_t, char8_t, char16_t, char32_t>;

namespace detail {

// Throw conversion_error beyond the bounds.
std::int64_t read_signed(value_view v, std::int64_t least, std::int64_t most);
std::uint64_t read_unsigned(value_view v, std::uint64_t most);
double read_double(value_view v, double most);
complex_number read_complex(value_view v);
// The value of a member of a Python Enum, or `v`.
value_view enum_value(value_view v) noexcept;

value_view write_unsigned(std::uint64_t i, value_builder& b);

}  // namespace detail

template <std::same_as<bool> T>
value_view to_value(T from, value_builder&) {
  return value_view::boolean(from);
}
void from_value(value_view v, bool& to);

template <whole_number T>
value_view to_value(T from, value_builder& b) {
  if constexpr (std::signed_integral<T> || sizeof(T) < sizeof(std::uint64_t)) {
    return value_view::integer(from);
  } else {
    return detail::write_unsigned(from, b);
  }
}
template <whole_number T>
void from_value(value_view v, T& to) {
  using limits = std::numeric_limits<T>;
  if constexpr (std::signed_integral<T>) {
    to = static_cast<T>(detail::read_signed(v, limits::min(), limits::max()));
  } else {
    to = static_cast<T>(detail::read_unsigned(v, limits::max()));
  }
}

template <one_of<float, double> T>
value_view to_value(T from, value_builder&) {
  return value_view::real(from);
}
template <one_of<float, double> T>
void from_value(value_view v, T& to) {
  to = static_cast<T>(detail::read_double(v, std::numeric_limits<T>::max()));
}

template <complex_of_floats T>
value_view to_value(const T& from, value_builder& b) {
  return b.complex(from.real(), from.imag());
}
template <complex_of_floats T>
void from_value(value_view v, T& to) {
  using part = typename T::value_type;
  const complex_number read = detail::read_complex(v);
  to = T(static_cast<part>(read.real), static_cast<part>(read.imag));
}

template <std::same_as<char> T>
value_view to_value(T from, value_builder& b) {
  if (static_cast<unsigned char>(from) > 0x7f) throw conversion_error("a char of ASCII", "another");
  return b.str({&from, 1});
}
void from_value(value_view v, char& to);

// Enums that are tied to a class of Python's.
template <class T>
concept described = requires(const T* type) {
  pickled_describe(type);
};

template <class T>
concept plain_enum = std::is_enum_v<T> && !std::same_as<T, std::byte>;

template <plain_enum T>
requires(!described<T>) value_view to_value(T from, value_builder& b) {
  return to_value(static_cast<std::underlying_type_t<T>>(from), b);
}
template <plain_enum T>
requires(!described<T>) void from_value(value_view v, T& to) {
  std::underlying_type_t<T> number;
  from_value(detail::enum_value(v), number);
  to = static_cast<T>(number);
}

template <one_of<std::nullptr_t, std::monostate> T>
value_view to_value(T, value_builder&) {
  return value_view::none();
}
template <one_of<std::nullptr_t, std::monostate> T>
void from_value(value_view v, T& to) {
  if (!v.is_none()) throw conversion_error("None", v);
  to = {};
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_SCALAR_HPP
