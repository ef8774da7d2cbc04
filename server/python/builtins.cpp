// SPDX-License-Identifier: BSL-1.0

#include "server/python/builtins.hpp"

#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/value/big_integer.hpp"
#include "python/behaviour.hpp"
#include "python/numpy_scalar.hpp"

#include <boost/multiprecision/cpp_int.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pickled {
namespace {

value_view integer(const big_integer& i, arena& where) {
  return value_builder(where).integer(twos_complement(i));
}

// The characters of a str, bytes or bytearray; nullopt for anything else.
std::optional<std::string_view> text_of(value_view plain) {
  if (plain.is(kind::str)) return plain.as_str();
  if (plain.is(kind::bytes) || plain.is(kind::bytearray)) return as_text(plain.as_bytes());
  return std::nullopt;
}

std::string_view stripped(std::string_view text) {
  constexpr std::string_view space = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(space);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Leaves out the underscores, each of which must stand between two digits.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      result += text[i];
    } else if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])) {
      return std::nullopt;
    }
  }
  return result;
}

// Python says so of a text that has too many digits, even if it has other faults as well.
void check_digits(std::string_view text) {
  const auto digits = static_cast<std::size_t>(std::ranges::count_if(text, is_digit));
  if (digits <= max_decimal_digits || text.find_first_not_of(" +-_0123456789") != text.npos) return;
  throw python_error(
      "ValueError",
      fmt::format("Exceeds the limit ({} digits) for integer string conversion: value has "
                  "{} digits; use sys.set_int_max_str_digits() to increase the limit",
                  max_decimal_digits, digits));
}

// inf and nan are words of std::from_chars as well, but so is nan(...), which is none of Python's.
std::optional<double> parse_float(std::string_view text) {
  auto number = without_underscores(stripped(text));
  if (!number || number->empty()) return std::nullopt;
  const bool negative = number->front() == '-';
  if (negative || number->front() == '+') number->erase(0, 1);
  if (number->empty() || number->find_first_of("-+(") == 0 || number->ends_with(')')) {
    return std::nullopt;
  }
  double result = 0;
  const char* const end = number->data() + number->size();
  const auto [stopped, error] = std::from_chars(number->data(), end, result);
  if (stopped != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    const bool tiny = number->find("e-") != number->npos || number->find("E-") != number->npos;
    result = tiny ? 0 : std::numeric_limits<double>::infinity();
  }
  return negative ? -result : result;
}

double to_double(value_view big) {
  const big_integer i = to_big_integer(big);
  const auto result = static_cast<double>(i);
  if (std::isinf(result)) throw python_error("OverflowError", "int too large to convert to float");
  return result;
}

[[noreturn]] void throw_unknown(std::string_view function, value_view v) {
  throw python_error("TypeError", fmt::format("{}() of '{}' objects is not known to this server",
                                              function, type_name(v)));
}

}  // namespace

value_view builtin_len(value_view v, arena& where) {
  const value_view plain = face_of(v, &where).value;
  switch (plain.kind()) {
    case kind::str:
    case kind::bytes:
    case kind::bytearray:
    case kind::tuple:
    case kind::list:
    case kind::dict:
    case kind::set:
    case kind::frozenset: return value_view::integer(static_cast<std::int64_t>(plain.size()));
    default: break;
  }
  throw python_error("TypeError", fmt::format("object of type '{}' has no len()", type_name(v)));
}

value_view builtin_abs(value_view v, arena& where) {
  const value_view plain = face_of(v, &where).value;
  switch (plain.kind()) {
    case kind::boolean: return value_view::integer(plain.as_bool() ? 1 : 0);
    case kind::integer:
      if (plain.as_integer() >= 0) return plain;
      [[fallthrough]];
    case kind::big_integer: return integer(abs(to_big_integer(plain)), where);
    case kind::real: return value_view::real(std::fabs(plain.as_real()));
    case kind::complex: {
      const complex_number c = plain.as_complex();
      return value_view::real(std::hypot(c.real, c.imag));
    }
    default: break;
  }
  if (number_of(v)) throw_unknown("abs", v);
  throw python_error("TypeError", fmt::format("bad operand type for abs(): '{}'", type_name(v)));
}

value_view builtin_str(value_view v, arena& where) {
  const face f = face_of(v, &where);
  if (f.what == behaviour::str) return f.value;
  if (v.is(kind::instance)) {
    const auto scalar = read_numpy_scalar(v.as_instance());
    if (scalar && scalar->is_number()) return value_builder(where).str(number_text(*scalar));
  }
  if (f.value.is(kind::instance) || f.value.is(kind::proxy)) throw_unknown("str", v);
  return value_builder(where).str(repr(f.value));
}

value_view builtin_int(value_view v, arena& where) {
  const value_view plain = face_of(v, &where).value;
  switch (plain.kind()) {
    case kind::boolean: return value_view::integer(plain.as_bool() ? 1 : 0);
    case kind::integer:
    case kind::big_integer: return plain;
    case kind::real: {
      const double d = plain.as_real();
      if (std::isnan(d)) throw python_error("ValueError", "cannot convert float NaN to integer");
      if (std::isinf(d))
        throw python_error("OverflowError", "cannot convert float infinity to integer");
      return integer(big_integer(std::trunc(d)), where);
    }
    default: break;
  }
  if (const auto text = text_of(plain)) {
    if (const auto i = parse_integer(*text, 10)) return integer(*i, where);
    check_digits(*text);
    throw python_error("ValueError", "invalid literal for int() with base 10: " + repr(plain));
  }
  if (number_of(v)) throw_unknown("int", v);
  throw python_error("TypeError",
                     fmt::format("int() argument must be a string, a bytes-like object or a "
                                 "real number, not '{}'",
                                 type_name(v)));
}

value_view builtin_float(value_view v, arena& where) {
  const value_view plain = face_of(v, &where).value;
  switch (plain.kind()) {
    case kind::boolean: return value_view::real(plain.as_bool() ? 1 : 0);
    case kind::integer: return value_view::real(static_cast<double>(plain.as_integer()));
    case kind::big_integer: return value_view::real(to_double(plain));
    case kind::real: return plain;
    default: break;
  }
  if (const auto text = text_of(plain)) {
    if (const auto d = parse_float(*text)) return value_view::real(*d);
    throw python_error("ValueError", "could not convert string to float: " + repr(plain));
  }
  if (number_of(v)) throw_unknown("float", v);
  throw python_error("TypeError",
                     fmt::format("float() argument must be a string or a real number, not "
                                 "'{}'",
                                 type_name(v)));
}

}  // namespace pickled
