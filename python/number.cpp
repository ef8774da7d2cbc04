// SPDX-License-Identifier: BSL-1.0

#include "python/number.hpp"

#include "pickled/python/python_error.hpp"
#include "python/digits.hpp"
#include "python/seed.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

namespace pickled::inline v0::detail {
namespace {

struct ratio {
  big_integer numerator;
  big_integer denominator = 1;
};

ratio to_ratio(std::int64_t i) {
  return {i};
}
ratio to_ratio(const integer_bytes& i) {
  return {to_big_integer(i.bytes)};
}
ratio to_ratio(double d) {
  int exponent = 0;
  const auto mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(d, &exponent), 53));
  exponent -= 53;
  if (exponent >= 0) return {big_integer(mantissa) << exponent};
  return {mantissa, big_integer(1) << -exponent};
}
ratio to_ratio(const decimal_number& d) {
  big_integer digits = d.digits.empty() ? big_integer(0) : digits_to_integer(d.digits);
  if (d.negative) digits = -digits;
  const big_integer scale = power_of_ten(std::abs(d.exponent));
  if (d.exponent >= 0) return {digits * scale};
  return {digits, scale};
}
ratio to_ratio(const fraction_number& f) {
  ratio result{to_big_integer(f.numerator), to_big_integer(f.denominator)};
  if (result.denominator < 0) {
    result.numerator = -result.numerator;
    result.denominator = -result.denominator;
  }
  return result;
}

// Sign and logarithm to base 2 of a number, the latter within a few bits.
struct magnitude {
  int sign;
  double log2;
};

int sign_of(std::int64_t i) {
  return i == 0 ? 0 : i < 0 ? -1 : 1;
}
magnitude magnitude_of(std::int64_t i) {
  return {sign_of(i), i == 0 ? 0 : std::log2(std::abs(static_cast<double>(i)))};
}
magnitude magnitude_of(const integer_bytes& i) {
  return {i.negative() ? -1 : 1, 8 * static_cast<double>(i.bytes.size())};
}
magnitude magnitude_of(double d) {
  if (d == 0) return {0, 0};
  return {d < 0 ? -1 : 1, std::log2(std::abs(d))};
}
magnitude magnitude_of(const decimal_number& d) {
  const int sign = d.negative ? -1 : 1;
  if (d.form == decimal_number::form::infinite)
    return {sign, std::numeric_limits<double>::infinity()};
  if (d.digits.empty()) return {0, 0};
  const auto digits = static_cast<double>(d.digits.size()) + static_cast<double>(d.exponent);
  return {sign, digits * 3.321928094887362};
}
magnitude magnitude_of(std::string_view text) {
  const std::string_view digits = text.substr(text.front() == '-' ? 1 : 0);
  if (digits.find_first_not_of('0') == digits.npos) return {0, 0};
  const std::size_t size = digits.size() - digits.find_first_not_of('0');
  return {text.front() == '-' ? -1 : 1, static_cast<double>(size) * 3.321928094887362};
}
magnitude magnitude_of(const fraction_number& f) {
  const auto visit = [](const fraction_number::part& part) {
    return std::visit([](const auto& p) { return magnitude_of(p); }, part);
  };
  const magnitude numerator = visit(f.numerator);
  const magnitude denominator = visit(f.denominator);
  return {numerator.sign * denominator.sign, numerator.log2 - denominator.log2};
}

// Whether two logarithms are so near to one another that only the digits can tell.
bool near(double a, double b) {
  return std::isfinite(a) && std::isfinite(b) &&
         std::abs(a - b) <= 32 + (std::abs(a) + std::abs(b)) * 1e-14;
}

// A number within a relative error of 2^-200, whatever its size: enough to order any two that were
// not made to differ in their last digits alone.
using approximation =
    boost::multiprecision::number<boost::multiprecision::cpp_bin_float<
                                      256, boost::multiprecision::digit_base_2, void, std::int64_t>,
                                  boost::multiprecision::et_off>;

constexpr std::size_t leading_digits = 90;
constexpr std::size_t leading_bytes = 40;

approximation power(unsigned base, std::int64_t exponent) {
  approximation square = base;
  approximation result = 1;
  for (std::int64_t e = std::abs(exponent); e != 0; e >>= 1) {
    if (e & 1) result *= square;
    square *= square;
  }
  return exponent < 0 ? approximation(1 / result) : result;
}

approximation approximate(std::int64_t i) {
  return i;
}
approximation approximate(double d) {
  return d;
}
approximation approximate(const integer_bytes& i) {
  const std::size_t left_out = i.bytes.size() - std::min(i.bytes.size(), leading_bytes);
  return approximation(to_big_integer(i.bytes.subspan(left_out))) *
         power(2, static_cast<std::int64_t>(8 * left_out));
}
// `digits` times 10 ** exponent.
approximation approximate(std::string_view digits, std::int64_t exponent) {
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  const std::string_view leading = digits.substr(0, leading_digits);
  const auto left_out = static_cast<std::int64_t>(digits.size() - leading.size());
  const approximation result =
      approximation(digits_to_integer(leading)) * power(10, exponent + left_out);
  return negative ? approximation(-result) : result;
}
approximation approximate(std::string_view digits) {
  return approximate(digits, 0);
}
approximation approximate(const decimal_number& d) {
  const approximation result = approximate(d.digits, d.exponent);
  return d.negative ? approximation(-result) : result;
}
approximation approximate(const fraction_number& f) {
  const auto visit = [](const fraction_number::part& part) {
    return std::visit([](const auto& p) { return approximate(p); }, part);
  };
  return visit(f.numerator) / visit(f.denominator);
}

// How many bits there are to calculate with, about.
double size_of(std::int64_t) {
  return 64;
}
double size_of(double) {
  return 1100;
}
double size_of(const integer_bytes& i) {
  return 8 * static_cast<double>(i.bytes.size());
}
double size_of(std::string_view digits) {
  return 3.33 * static_cast<double>(digits.size());
}
double size_of(const decimal_number& d) {
  return size_of(std::string_view(d.digits)) + 3.33 * std::abs(static_cast<double>(d.exponent));
}
double size_of(const fraction_number& f) {
  const auto visit = [](const fraction_number::part& part) {
    return std::visit([](const auto& p) { return size_of(p); }, part);
  };
  return visit(f.numerator) + visit(f.denominator);
}

std::strong_ordering reverse_if(bool negative, std::strong_ordering o) {
  return negative ? 0 <=> o : o;
}

std::strong_ordering order_exactly(std::int64_t a, double b) {
  if (b >= 0x1p63) return std::strong_ordering::less;
  if (b < -0x1p63) return std::strong_ordering::greater;
  const double whole = std::trunc(b);
  const auto truncated = static_cast<std::int64_t>(whole);
  if (a != truncated) return a <=> truncated;
  return b == whole  ? std::strong_ordering::equal
         : b > whole ? std::strong_ordering::less
                     : std::strong_ordering::greater;
}

std::strong_ordering order_exactly(const integer_bytes& a, const integer_bytes& b) {
  if (a.negative() != b.negative()) return b.negative() <=> a.negative();
  if (a.bytes.size() != b.bytes.size()) {
    return reverse_if(a.negative(), a.bytes.size() <=> b.bytes.size());
  }
  return std::lexicographical_compare_three_way(a.bytes.rbegin(), a.bytes.rend(), b.bytes.rbegin(),
                                                b.bytes.rend());
}

// Two finite decimals of one sign, neither zero.
std::strong_ordering order_exactly(const decimal_number& a, const decimal_number& b) {
  const auto leading = [](const decimal_number& d) {
    return static_cast<std::int64_t>(d.digits.size()) + d.exponent;
  };
  std::strong_ordering result = leading(a) <=> leading(b);
  if (result == 0) {
    const std::size_t common = std::min(a.digits.size(), b.digits.size());
    result = std::string_view(a.digits).substr(0, common).compare(b.digits.substr(0, common)) <=> 0;
    const auto rest = [common](const decimal_number& d) {
      return d.digits.find_first_not_of('0', common) != std::string::npos;
    };
    if (result == 0) result = rest(a) <=> rest(b);
  }
  return reverse_if(a.negative, result);
}

std::uint64_t digits_residue(std::string_view digits) {
  constexpr std::size_t whole_chunk = 18;
  static const std::uint64_t whole_power = residue::power(10, whole_chunk);
  std::uint64_t result = 0;
  while (!digits.empty()) {
    const std::string_view chunk = digits.substr(0, whole_chunk);
    std::uint64_t word = 0;
    std::from_chars(chunk.data(), chunk.data() + chunk.size(), word);
    const std::uint64_t power = chunk.size() == whole_chunk
                                    ? whole_power
                                    : residue::power(10, static_cast<std::int64_t>(chunk.size()));
    result = residue::multiply(result, power);
    result = residue::add(result, word);
    digits.remove_prefix(chunk.size());
  }
  return result;
}

std::uint64_t residue_of_part(std::int64_t i) {
  return residue::of(i);
}
std::uint64_t residue_of_part(const integer_bytes& i) {
  constexpr std::uint64_t shift = std::uint64_t{1} << 32;
  std::uint64_t result = 0;
  for (bytes_view left = i.bytes; !left.empty();) {
    const std::size_t size = left.size() % 4 == 0 ? 4 : left.size() % 4;
    std::uint64_t word = 0;
    std::memcpy(&word, left.data() + left.size() - size, size);
    result = residue::add(residue::multiply(result, shift), word);
    left = left.first(left.size() - size);
  }
  if (!i.negative()) return result;
  const auto bits = static_cast<std::int64_t>(8 * i.bytes.size());
  return residue::add(result, residue::negate(residue::power(2, bits)));
}
std::uint64_t residue_of_part(std::string_view text) {
  const bool negative = text.front() == '-';
  const std::uint64_t result = digits_residue(text.substr(negative ? 1 : 0));
  return negative ? residue::negate(result) : result;
}
// Any constants will do for the infinities, as long as float and Decimal share them.
std::uint64_t residue_of_infinity(bool negative) {
  return negative ? 271828 : 314159;
}
std::uint64_t residue_of_part(double d) {
  if (std::isinf(d)) return residue_of_infinity(d < 0);
  int exponent = 0;
  const double mantissa = std::ldexp(std::frexp(d, &exponent), 53);
  const std::uint64_t whole = residue::of(static_cast<std::int64_t>(mantissa));
  return residue::multiply(whole, residue::power(2, exponent - 53));
}
std::uint64_t residue_of_part(const decimal_number& d) {
  if (d.form == decimal_number::form::infinite) return residue_of_infinity(d.negative);
  const std::uint64_t result =
      residue::multiply(digits_residue(d.digits), residue::power(10, d.exponent));
  return d.negative ? residue::negate(result) : result;
}
std::uint64_t residue_of_part(const fraction_number& f) {
  const auto visit = [](const fraction_number::part& part) {
    return std::visit([](const auto& p) { return residue_of_part(p); }, part);
  };
  return residue::multiply(visit(f.numerator), residue::power(visit(f.denominator), -1));
}

// Two finite numbers whose products would take long to calculate; nullopt for others. They are
// equal if they are so modulo a prime that nobody knows: two of 2^30 bits that are not pass for
// such once in 2^32 times.
template <class A, class B>
std::optional<std::partial_ordering> order_large(const A& a, const B& b) {
  constexpr double small = 4096, calculated = 1 << 18;  // bits
  const double size = size_of(a) + size_of(b);
  if (size <= small) return std::nullopt;
  const approximation x = approximate(a);
  const approximation y = approximate(b);
  if (abs(x - y) > abs(x) * power(2, -150)) {
    return x < y ? std::partial_ordering::less : std::partial_ordering::greater;
  }
  if (residue_of_part(a) == residue_of_part(b)) return std::partial_ordering::equivalent;
  if (size <= calculated) return std::nullopt;
  throw python_error("OverflowError", "numbers too large to compare, and too near to each other");
}

template <class A, class B>
std::partial_ordering order_any(const A& a, const B& b) {
  const magnitude left = magnitude_of(a);
  const magnitude right = magnitude_of(b);
  if (left.sign != right.sign || left.sign == 0) return left.sign <=> right.sign;
  // Of two infinities neither is greater.
  if (left.log2 == right.log2 && std::isinf(left.log2)) return std::partial_ordering::equivalent;
  if (!near(left.log2, right.log2)) {
    return reverse_if(left.sign < 0, left.log2 < right.log2 ? std::strong_ordering::less
                                                            : std::strong_ordering::greater);
  }
  if constexpr (std::is_same_v<A, decimal_number> && std::is_same_v<B, decimal_number>) {
    return order_exactly(a, b);
  } else {
    if (const auto known = order_large(a, b)) return *known;
    const ratio x = to_ratio(a);
    const ratio y = to_ratio(b);
    const int result =
        big_integer(x.numerator * y.denominator).compare(big_integer(y.numerator * x.denominator));
    return result <=> 0;
  }
}

}  // namespace

integer_bytes::integer_bytes(bytes_view twos_complement) : bytes(twos_complement) {
  const auto redundant = [this] {
    const auto last = std::to_integer<unsigned>(bytes[bytes.size() - 1]);
    const bool sign = (std::to_integer<unsigned>(bytes[bytes.size() - 2]) & 0x80U) != 0;
    return last == (sign ? 0xffU : 0U);
  };
  while (bytes.size() > 1 && redundant())
    bytes = bytes.first(bytes.size() - 1);
}

bool is_nan(const number& n) noexcept {
  if (const auto* d = std::get_if<double>(&n)) return std::isnan(*d);
  const auto* d = std::get_if<decimal_number>(&n);
  return d != nullptr && d->form >= decimal_number::form::nan;
}

bool is_signaling(const number& n) noexcept {
  const auto* d = std::get_if<decimal_number>(&n);
  return d != nullptr && d->form == decimal_number::form::signaling_nan;
}

std::partial_ordering order(const number& a, const number& b) {
  if (is_nan(a) || is_nan(b)) return std::partial_ordering::unordered;
  return std::visit(
      []<class A, class B>(const A& x, const B& y) -> std::partial_ordering {
        constexpr bool first_small = std::is_same_v<A, std::int64_t>;
        constexpr bool second_small = std::is_same_v<B, std::int64_t>;
        if constexpr (std::is_same_v<A, B> && (first_small || std::is_same_v<A, double>)) {
          return x <=> y;
        } else if constexpr (std::is_same_v<A, B> && std::is_same_v<A, integer_bytes>) {
          return order_exactly(x, y);
        } else if constexpr (first_small && std::is_same_v<B, double>) {
          return order_exactly(x, y);
        } else if constexpr (second_small && std::is_same_v<A, double>) {
          return 0 <=> order_exactly(y, x);
        } else {
          return order_any(x, y);
        }
      },
      a, b);
}

std::uint64_t residue_of(const number& n) {
  return std::visit([](const auto& part) { return residue_of_part(part); }, n);
}

}  // namespace pickled::inline v0::detail
