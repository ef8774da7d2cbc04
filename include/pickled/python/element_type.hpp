// SPDX-License-Identifier: BSL-1.0

// The numbers inside numpy's arrays and scalars and array.array: what a numpy dtype says of them.

#ifndef PICKLED_PYTHON_ELEMENT_TYPE_HPP
#define PICKLED_PYTHON_ELEMENT_TYPE_HPP

#include "pickled/value/value.hpp"

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

PICKLED_BEGIN_NAMESPACE

struct element_type {
  char letter = 0;  // numpy's: b(ool), i(nt), u(nsigned), f(loat), c(omplex)
  std::uint8_t size = 0;
  bool swapped = false;  // big-endian, where size says that this matters

  friend bool operator==(const element_type&, const element_type&) = default;
  // "<f8", ">i4", "|u1".
  std::string name() const;
};

// std::complex<float> and std::complex<double>, without their header.
template <class T>
concept complex_of_floats = (std::same_as<typename T::value_type, float> ||
                             std::same_as<typename T::value_type, double>)&&requires(const T& c) {
  T(c.real(), c.imag());
};

// Of the C++ types that numpy knows.
template <class T>
inline constexpr element_type element_type_of = {};
template <>
inline constexpr element_type element_type_of<bool> = {'b', sizeof(bool)};
template <class T>
requires(std::integral<T> &&
         !std::same_as<T, bool>) inline constexpr element_type element_type_of<T> = {
    std::signed_integral<T> ? 'i' : 'u', sizeof(T)};
template <>
inline constexpr element_type element_type_of<float> = {'f', sizeof(float)};
template <>
inline constexpr element_type element_type_of<double> = {'f', sizeof(double)};
template <complex_of_floats T>
inline constexpr element_type element_type_of<T> = {'c', 2 * sizeof(typename T::value_type)};

template <class T>
concept array_element = (element_type_of<T>.size != 0);

// "f8", "i4" and such, as the first argument of numpy.dtype has them, and its byte order.
std::optional<element_type> parse_element_type(std::string_view letters,
                                               std::string_view byte_order) noexcept;
// What a pickled numpy.dtype was made of.
struct dtype_parts {
  std::string_view letters;  // "f8", "U3", "M8"
  std::string_view byte_order;
  value_view metadata;  // of times, else None
};
// nullopt for anything else, and for structured dtypes.
std::optional<dtype_parts> read_dtype(value_view dtype) noexcept;
// A pickled numpy.dtype, if it is of plain numbers.
std::optional<element_type> parse_dtype(value_view dtype) noexcept;
// The same the other way round.
value_view write_dtype(element_type type, value_builder& b);

// Where a number lives that has no room in a value_view.
struct number_room {
  std::array<std::byte, sizeof(std::uint64_t) + 1> digits;
  complex_number complex;
};

// One number as a value, which may point into `room`. Precondition: `at` has type.size bytes.
value_view read_number(element_type type, const std::byte* at, number_room& room) noexcept;

PICKLED_END_NAMESPACE

#endif  // PICKLED_PYTHON_ELEMENT_TYPE_HPP
