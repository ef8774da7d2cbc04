// SPDX-License-Identifier: BSL-1.0

// Python's real numbers, compared and hashed exactly: int of any size, bool, float, Decimal and
// Fraction. Nothing is rounded through double, and a Decimal with a huge exponent is never
// written out.

#ifndef PICKLED_PYTHON_NUMBER_HPP
#define PICKLED_PYTHON_NUMBER_HPP

#include "pickled/value/value.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace pickled::inline v0::detail {

// An int that does not fit 64 bits: two's complement, little-endian, without redundant bytes.
struct integer_bytes {
  bytes_view bytes;

  explicit integer_bytes(bytes_view twos_complement);
  bool negative() const noexcept {
    return !bytes.empty() && (std::to_integer<unsigned>(bytes.back()) & 0x80U) != 0;
  }
};

struct decimal_number {
  enum class form : std::uint8_t { finite, infinite, nan, signaling_nan };

  form form = form::finite;
  bool negative = false;
  std::string digits;         // the coefficient without leading zeros; empty for zero. Of a NaN
                              // its payload
  std::int64_t exponent = 0;  // of ten
};

// Numerator and denominator as ints, or as the decimal digits in which they were sent.
struct fraction_number {
  using part = std::variant<std::int64_t, integer_bytes, std::string_view>;
  part numerator;
  part denominator;  // not zero
};

using number = std::variant<std::int64_t, double, integer_bytes, decimal_number, fraction_number>;

// Decimal's constructor: nullopt where it would raise, or where text is only accepted by its
// leniency (underscores, digits of other scripts, surrounding white space).
std::optional<decimal_number> parse_decimal(std::string_view text);
// Fraction's constructor with the text that its own pickles hold: "3" or "-1/3".
std::optional<fraction_number> parse_fraction(std::string_view text);

bool is_nan(const number& n) noexcept;
// Decimal('sNaN'), which may not even be compared for equality.
bool is_signaling(const number& n) noexcept;

// Unordered where either is a NaN.
std::partial_ordering order(const number& a, const number& b);

// Equal numbers of any two types have equal residues (see seed.hpp). Not for NaN.
std::uint64_t residue_of(const number& n);

// str(Decimal).
std::string to_text(const decimal_number& d);
// The decimal digits of an int. Throws python_error ValueError above 4300 digits, as CPython 3.11
// and later do.
std::string to_text(const integer_bytes& i);
// The lowest terms of a fraction_number, as Fraction holds them: "1, 3". Throws as above.
std::string to_text(const fraction_number& f);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_NUMBER_HPP
