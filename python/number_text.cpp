// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/python_error.hpp"
#include "python/digits.hpp"
#include "python/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pickled::inline v0::detail {
namespace {

[[noreturn]] void refuse_conversion() {
  throw python_error("ValueError",
                     "Exceeds the limit (4300 digits) for integer string conversion; use "
                     "sys.set_int_max_str_digits() to increase the limit");
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

std::string without_leading_zeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == digits.npos ? std::string() : std::string(digits.substr(first));
}

// "Infinity", "NaN", "sNaN12" and the like, without a sign.
std::optional<decimal_number> parse_special(std::string_view text) {
  decimal_number result;
  if (equals_ignoring_case(text, "infinity") || equals_ignoring_case(text, "inf")) {
    result.form = decimal_number::form::infinite;
    return result;
  }
  result.form = decimal_number::form::nan;
  if (!text.empty() && (text.front() == 's' || text.front() == 'S')) {
    result.form = decimal_number::form::signaling_nan;
    text.remove_prefix(1);
  }
  if (!equals_ignoring_case(text.substr(0, 3), "nan") || !all_digits(text.substr(3))) return {};
  result.digits = without_leading_zeros(text.substr(3));
  return result;
}

// What follows the E; 17 digits keep every sum of exponents within 64 bits.
std::optional<std::int64_t> parse_exponent(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || digits.size() > 17 || !all_digits(digits)) return std::nullopt;
  std::int64_t result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

std::string checked_text(const big_integer& i) {
  if (i != 0 && msb(boost::multiprecision::abs(i)) > max_decimal_digits * 10 / 3)
    refuse_conversion();
  std::string text = i.str();
  if (text.size() - (i < 0 ? 1 : 0) > max_decimal_digits) refuse_conversion();
  return text;
}

}  // namespace

std::optional<decimal_number> parse_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::optional<decimal_number> result;
  if ((text.front() < '0' || text.front() > '9') && text.front() != '.') {
    result = parse_special(text);
  } else {
    const std::size_t e = std::min(text.find_first_of("eE"), text.size());
    const std::string_view mantissa = text.substr(0, e);
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    const std::string_view whole = mantissa.substr(0, point);
    const std::string_view part = mantissa.substr(std::min(point + 1, mantissa.size()));
    const auto exponent = e == text.size() ? 0 : parse_exponent(text.substr(e + 1));
    if (!exponent || (whole.empty() && part.empty()) || !all_digits(whole) || !all_digits(part)) {
      return std::nullopt;
    }
    result.emplace();
    result->digits = without_leading_zeros(std::string(whole).append(part));
    result->exponent = *exponent - static_cast<std::int64_t>(part.size());
  }
  if (result) result->negative = negative;
  return result;
}

std::optional<fraction_number> parse_fraction(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view numerator = text.substr(0, slash);
  const std::string_view denominator = slash == text.size() ? "1" : text.substr(slash + 1);
  const std::string_view digits = numerator.substr(numerator.starts_with('-') ? 1 : 0);
  if (digits.empty() || !all_digits(digits) || !all_digits(denominator) ||
      denominator.find_first_not_of('0') == denominator.npos) {
    return std::nullopt;
  }
  return fraction_number{numerator, denominator};
}

std::string to_text(const decimal_number& d) {
  const std::string sign = d.negative ? "-" : "";
  switch (d.form) {
    case decimal_number::form::infinite: return sign + "Infinity";
    case decimal_number::form::nan: return sign + "NaN" + d.digits;
    case decimal_number::form::signaling_nan: return sign + "sNaN" + d.digits;
    case decimal_number::form::finite: break;
  }
  const std::string digits = d.digits.empty() ? "0" : d.digits;
  const auto size = static_cast<std::int64_t>(digits.size());
  const std::int64_t left = d.exponent + size;  // of the point, without an E
  if (d.exponent > 0 || left <= -6) {
    const std::string fractional = size > 1 ? "." + digits.substr(1) : "";
    return fmt::format("{}{}{}E{:+}", sign, digits[0], fractional, left - 1);
  }
  if (left <= 0) return sign + "0." + std::string(static_cast<std::size_t>(-left), '0') + digits;
  if (d.exponent == 0) return sign + digits;
  const auto point = static_cast<std::size_t>(left);
  return sign + digits.substr(0, point) + "." + digits.substr(point);
}

std::string to_text(const integer_bytes& i) {
  // A byte is 2.4 digits: what is far above the limit is refused before any conversion.
  if (i.bytes.size() > max_decimal_digits / 2) refuse_conversion();
  return checked_text(to_big_integer(i.bytes));
}

std::string to_text(const fraction_number& f) {
  // Far above the limit, it is refused before it is converted.
  const auto is_long = [](const fraction_number::part& part) {
    const auto* digits = std::get_if<std::string_view>(&part);
    return digits != nullptr && digits->size() > 10 * max_decimal_digits;
  };
  if (is_long(f.numerator) || is_long(f.denominator)) refuse_conversion();
  big_integer numerator = to_big_integer(f.numerator);
  big_integer denominator = to_big_integer(f.denominator);
  const auto huge = [](const big_integer& i) {
    return i != 0 && msb(boost::multiprecision::abs(i)) > 100'000;
  };
  if (huge(numerator) || huge(denominator)) refuse_conversion();
  const big_integer divisor = gcd(numerator, denominator) * (denominator < 0 ? -1 : 1);
  return checked_text(numerator / divisor) + ", " + checked_text(denominator / divisor);
}

}  // namespace pickled::inline v0::detail
