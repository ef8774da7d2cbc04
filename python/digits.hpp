// SPDX-License-Identifier: BSL-1.0

// Decimal digits of any number as an int, in less than the quadratic time that Boost takes.

#ifndef PICKLED_PYTHON_DIGITS_HPP
#define PICKLED_PYTHON_DIGITS_HPP

#include "pickled/value/big_integer.hpp"
#include "python/number.hpp"

#include <cstdint>
#include <string_view>

namespace pickled::inline v0::detail {

// `digits` may start with a minus sign and with zeros.
big_integer digits_to_integer(std::string_view digits);

// 10 ** exponent.
big_integer power_of_ten(std::int64_t exponent);

using pickled::to_big_integer;
big_integer to_big_integer(const fraction_number::part& part);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_DIGITS_HPP
