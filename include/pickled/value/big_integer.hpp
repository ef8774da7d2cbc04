// SPDX-License-Identifier: BSL-1.0

// Python's int of any size: its bytes on the wire, Boost's cpp_int, and its text.

#ifndef PICKLED_VALUE_BIG_INTEGER_HPP
#define PICKLED_VALUE_BIG_INTEGER_HPP

#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

PICKLED_BEGIN_NAMESPACE

using big_integer = boost::multiprecision::cpp_int;

// CPython neither reads nor prints more decimal digits, because that takes quadratic time
// (sys.int_info.default_max_str_digits).
inline constexpr std::size_t max_decimal_digits = 4300;

// Two's complement, little-endian; no bytes are 0.
big_integer to_big_integer(bytes_view twos_complement);
// Of kind integer, big_integer or boolean.
big_integer to_big_integer(value_view number);

// The fewest bytes that hold the number, as LONG1 has them: none for 0.
buffer twos_complement(const big_integer& number);

// The decimal text of a number of any size; quadratic time.
std::string decimal(value_view number);

// What int(text, base) takes, for a base of 10 or 0: blanks around, a sign, single underscores
// between digits, and with base 0 the prefixes 0x, 0o and 0b. nullopt where Python raises
// ValueError, which includes more than max_decimal_digits decimal digits.
std::optional<big_integer> parse_integer(std::string_view text, int base);

PICKLED_END_NAMESPACE

#endif  // PICKLED_VALUE_BIG_INTEGER_HPP
