// SPDX-License-Identifier: BSL-1.0

// Conversions of text, bytes and paths.
//
//   std::string, string_view, literals   str, UTF-8; a lone surrogate is three bytes, as Python's
//                                        "surrogatepass" has it
//   std::vector<std::byte>, spans and    bytes; read also of a bytearray or an out-of-band buffer
//   arrays of std::byte, buffer
//   std::filesystem::path                pathlib.Path; read of any but Windows's, or a str. The
//                                        name of a file that is no UTF-8 has surrogates in Python,
//                                        as os.fsdecode
//
// string_view and span<const std::byte> point into the value.

#ifndef PICKLED_CONVERT_TEXT_HPP
#define PICKLED_CONVERT_TEXT_HPP

#include "pickled/convert/core.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

PICKLED_BEGIN_NAMESPACE

template <>
inline constexpr bool borrows<std::string_view> = true;
template <>
inline constexpr bool borrows<bytes_view> = true;

namespace detail {

// Throws conversion_error where the text is no UTF-8.
value_view write_text(std::string_view text, value_builder& b);

}  // namespace detail

template <class T>
concept text_like =
    std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>;

template <text_like T>
value_view to_value(const T& from, value_builder& b) {
  return detail::write_text(from, b);
}
void from_value(value_view v, std::string_view& to);
void from_value(value_view v, std::string& to);

template <class T>
concept byte_range = std::convertible_to<const T&, bytes_view>;

template <byte_range T>
value_view to_value(const T& from, value_builder& b) {
  return b.bytes(from);
}
void from_value(value_view v, bytes_view& to);
void from_value(value_view v, std::vector<std::byte>& to);
void from_value(value_view v, buffer& to);

namespace detail {

void copy_bytes(value_view v, std::span<std::byte> to);

}  // namespace detail

template <std::size_t Size>
void from_value(value_view v, std::array<std::byte, Size>& to) {
  detail::copy_bytes(v, to);
}

namespace detail {

value_view write_path(std::string_view name, value_builder& b);
std::string read_path(value_view v);

}  // namespace detail

// std::filesystem::path, without its header.
template <class T>
concept file_path = std::constructible_from<T, std::string> && requires(const T& path) {
  { path.native() } -> std::same_as<const std::string&>;
  path.root_directory();
};

template <file_path T>
value_view to_value(const T& from, value_builder& b) {
  return detail::write_path(from.native(), b);
}
template <file_path T>
void from_value(value_view v, T& to) {
  to = detail::read_path(v);
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_TEXT_HPP
