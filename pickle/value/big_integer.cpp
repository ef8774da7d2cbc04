// SPDX-License-Identifier: BSL-1.0

#include "pickled/value/big_integer.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <iterator>
#include <vector>

PICKLED_BEGIN_NAMESPACE

namespace {

bool is_blank(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

int digit_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

// Takes "0x", "0o" or "0b" off the front and tells the base; 10 where there is none.
int take_prefix(std::string_view& digits) noexcept {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  const char letter = static_cast<char>(digits[1] | 0x20);
  const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
  if (base != 10) digits.remove_prefix(2);
  return base;
}

// The digits without their underscores; empty where they are no number.
std::string plain_digits(std::string_view text, int base, bool underscore_first) {
  std::string digits;
  bool underscore = !underscore_first;
  for (const char c : text) {
    if (c == '_') {
      if (underscore) return {};
      underscore = true;
      continue;
    }
    if (digit_value(c) >= base) return {};
    digits.push_back(c);
    underscore = false;
  }
  return underscore ? std::string() : digits;
}

// Bits are put in directly, so a number in base 2, 8 or 16 takes linear time.
big_integer from_bits(const std::string& digits, int base) {
  const unsigned width = base == 16 ? 4 : base == 8 ? 3 : 1;
  std::vector<std::uint8_t> bits;
  bits.reserve(digits.size() * width);
  for (const char c : digits) {
    for (unsigned i = width; i-- != 0;) {
      bits.push_back(static_cast<std::uint8_t>(digit_value(c) >> i & 1));
    }
  }
  big_integer number;
  boost::multiprecision::import_bits(number, bits.begin(), bits.end(), 1);
  return number;
}

}  // namespace

big_integer to_big_integer(bytes_view twos_complement) {
  if (twos_complement.empty()) return 0;
  std::vector<std::uint8_t> bytes(twos_complement.size());
  std::transform(twos_complement.begin(), twos_complement.end(), bytes.begin(),
                 [](std::byte b) { return static_cast<std::uint8_t>(b); });
  const bool negative = (bytes.back() & 0x80) != 0;
  // The magnitude of a negative number is one more than its complement.
  if (negative) {
    for (std::uint8_t& byte : bytes)
      byte = static_cast<std::uint8_t>(~byte);
  }
  big_integer number;
  boost::multiprecision::import_bits(number, bytes.begin(), bytes.end(), 8, false);
  if (negative) {
    ++number;
    number = -number;
  }
  return number;
}

big_integer to_big_integer(value_view number) {
  switch (number.kind()) {
    case kind::boolean: return number.as_bool() ? 1 : 0;
    case kind::integer: return number.as_integer();
    default: return to_big_integer(number.as_bytes());
  }
}

buffer twos_complement(const big_integer& number) {
  buffer result;
  if (number == 0) return result;
  const bool negative = number < 0;
  const big_integer magnitude = negative ? big_integer(-number - 1) : number;
  std::vector<std::uint8_t> bytes;
  if (magnitude != 0) {
    boost::multiprecision::export_bits(magnitude, std::back_inserter(bytes), 8, false);
  }
  if (bytes.empty() || (bytes.back() & 0x80) != 0) bytes.push_back(0);
  if (negative) {
    for (std::uint8_t& byte : bytes)
      byte = static_cast<std::uint8_t>(~byte);
  }
  result.append(std::as_bytes(std::span(bytes)));
  return result;
}

std::string decimal(value_view number) {
  if (number.is(kind::integer)) return std::to_string(number.as_integer());
  return to_big_integer(number).str();
}

std::optional<big_integer> parse_integer(std::string_view text, int base) {
  assert(base == 0 || base == 10);
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  const int digits_base = base == 0 ? take_prefix(text) : base;
  std::string digits = plain_digits(text, digits_base, digits_base != 10);
  if (digits.empty()) return std::nullopt;
  big_integer number;
  if (digits_base != 10) {
    number = from_bits(digits, digits_base);
  } else {
    if (digits.size() > max_decimal_digits) return std::nullopt;
    const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
    // With base 0, leading zeros belong to zero only: 010 might mean octal.
    if (base == 0 && zeros != 0 && digits.size() > 1 && zeros != digits.size()) return std::nullopt;
    digits.erase(0, zeros);
    if (!digits.empty()) number.assign(digits);
  }
  if (negative) number = -number;
  return number;
}

PICKLED_END_NAMESPACE
