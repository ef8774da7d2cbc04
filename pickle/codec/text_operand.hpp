// SPDX-License-Identifier: BSL-1.0

// The operands of protocol 0, which are lines of text, and Python 2's strings. A function that
// answers false does so where CPython raises ValueError or UnicodeDecodeError.

#ifndef PICKLED_PICKLE_CODEC_TEXT_OPERAND_HPP
#define PICKLED_PICKLE_CODEC_TEXT_OPERAND_HPP

#include "pickled/value/error.hpp"
#include "pickled/value/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

// INT: what strtol reads with base 0, "00" and "01" for bools, or any int literal.
bool parse_int_line(std::string_view line, value_builder& build, value_view& number);
// LONG: an int literal that may end in L.
bool parse_long_line(std::string_view line, value_builder& build, value_view& number);
// FLOAT. bad_operand, or out_of_range, with an infinite number.
pickle_errc parse_float_line(std::string_view line, double& number);
// float.__repr__
std::string format_float_line(double number);
// GET and PUT: an index in decimal. bad_operand, or out_of_range.
pickle_errc parse_index_line(std::string_view line, std::int64_t& index);

// STRING: whether the line is in quotes, and the bytes that it means.
bool is_quoted_line(std::string_view line) noexcept;
bool unescape_string_line(std::string_view line, std::string& bytes);
// UNICODE: Latin-1 with \uXXXX and \UXXXXXXXX, to UTF-8.
bool decode_raw_unicode_escape(std::string_view line, std::string& utf8);
std::string encode_raw_unicode_escape(std::string_view utf8);

// How the str of Python 2 becomes one of Python 3.
enum class string_encoding : std::uint8_t { ascii, latin1, utf8, bytes, unknown };
// By its Python name, in any spelling that Python takes.
string_encoding find_encoding(std::string_view name);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_TEXT_OPERAND_HPP
