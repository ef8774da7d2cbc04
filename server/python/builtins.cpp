// SPDX-License-Identifier: BSL-1.0

#include "server/python/builtins.hpp"

#include "pickle/value/utf8.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"
#include "pickled/value/big_integer.hpp"
#include "python/behaviour.hpp"
#include "python/comparison.hpp"
#include "python/iteration.hpp"
#include "python/numpy_scalar.hpp"
#include "python/pandas.hpp"
#include "python/range.hpp"
#include "python/raw_array.hpp"
#include "python/value_classes.hpp"
#include "server/python/truth.hpp"
#include "server/types/bytes_methods.hpp"
#include "server/types/slots.hpp"

#include <boost/multiprecision/cpp_int.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

// So many that nobody sorts by more.
constexpr std::size_t most_items = std::size_t{1} << 24;

value_view integer(const big_integer& i, arena& where) {
  return value_builder(where).integer(twos_complement(i));
}

// The characters of a str, bytes or bytearray; nullopt for anything else.
std::optional<std::string_view> text_of(value_view plain) {
  if (plain.is(kind::str)) return plain.as_str();
  if (plain.is(kind::bytes) || plain.is(kind::bytearray)) return as_text(plain.as_bytes());
  return std::nullopt;
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
  auto number = without_underscores(bytes_methods::strip(text, {}, bytes_methods::side::both));
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

// How CPython adds floats up from 3.12 on: with what each addition has rounded away kept aside
// (Neumaier), until an int beyond 64 bits, or an instance of a subclass of float, comes.
class float_sum {
 public:
  void begin(double first) noexcept { high_ = first; }
  void add(double x) noexcept {
    const double sum = high_ + x;
    if (compensates_)
      low_ += std::abs(high_) >= std::abs(x) ? (high_ - sum) + x : (x - sum) + high_;
    high_ = sum;
  }
  // An int, which is added as it comes.
  void add_whole(double x) noexcept { high_ += x; }
  void give_up() noexcept {
    high_ = result();
    low_ = 0;
    compensates_ = false;
  }
  double result() const noexcept { return low_ != 0 && std::isfinite(low_) ? high_ + low_ : high_; }

 private:
  double high_ = 0;
  double low_ = 0;
  bool compensates_ = true;
};

value_view whole_text(value_view v, arena& where) {
  const std::string text = repr(v, longest_text + 1);
  if (text.size() > longest_text)
    throw python_error("MemoryError", fmt::format("a text is longer than {}", longest_text));
  return value_builder(where).str(text);
}

// Classes whose str() is their repr().
bool has_text_of_repr(behaviour behaves) {
  switch (behaves) {
    case behaviour::ordered_dict:
    case behaviour::counter:
    case behaviour::defaultdict:
    case behaviour::deque:
    case behaviour::array:
    case behaviour::range:
    case behaviour::slice: return true;
    default: return false;
  }
}

// The least or greatest item, the first of equal ones.
template <class Before>
value_view extreme(value_view v, arena& where, std::string_view name, Before before) {
  const value_view items = builtin_tuple(v, where);
  if (items.size() == 0)
    throw python_error("ValueError", fmt::format("{}() iterable argument is empty", name));
  comparison run;
  value_view found = items.as_items()[0];
  for (const value_view item : items.as_items())
    if (before(run, item, found)) found = item;
  return found;
}

}  // namespace

face str_face_of(value_view v, arena& where) {
  const face f = face_of(v, &where);
  if (f.behaves != behaviour::other) return f;
  const auto member = member_value(v);
  // One that is a number may be of a subclass of Decimal.
  const bool text = member && member->is(kind::str) && !is_text_of_number(member->as_str());
  return text ? face{behaviour::str, *member} : f;
}

value_view builtin_len(value_view v, arena& where) {
  const face f = str_face_of(v, where);
  const auto whole = [](std::size_t size) {
    return value_view::integer(static_cast<std::int64_t>(size));
  };
  comparison run;
  switch (f.behaves) {
    case behaviour::str:
    case behaviour::bytes: return whole(f.value.size());
    case behaviour::tuple:
    case behaviour::list:
    case behaviour::deque:
    case behaviour::array: return whole(run.items(f).size());
    case behaviour::set:
    case behaviour::dict:
    case behaviour::ordered_dict:
    case behaviour::counter:
    case behaviour::defaultdict: return whole(run.entries(f).size());
    case behaviour::range: return integer(read_range(f.value.as_instance())->size(), where);
    default: break;
  }
  if (const auto array = read_raw_array(v)) {
    if (array->shape.empty()) throw python_error("TypeError", "len() of unsized object");
    return whole(array->shape[0]);
  }
  if (pandas_class_of(v) == pandas_class::series || pandas_class_of(v) == pandas_class::index) {
    if (const auto items = pandas_items(v, where)) return whole(items->size());
  }
  throw python_error("TypeError", fmt::format("object of type '{}' has no len()", type_name(v)));
}

value_view builtin_bool(value_view v, arena&) {
  return value_view::boolean(truth(v));
}

value_view builtin_repr(value_view v, arena& where) {
  const face f = face_of(v, &where);
  if (f.behaves == behaviour::other) throw_unknown("repr", v);
  return whole_text(v, where);
}

value_view builtin_tuple(value_view v, arena& where) {
  // It owns some of the items.
  const auto run = std::make_shared<iteration>(where, most_items);
  where.keep(run);
  const auto items = run->items(v);
  if (!items) throw not_iterable(v);
  return value_builder(where).tuple(*items);
}

value_view builtin_list(value_view v, arena& where) {
  return value_builder(where).list(builtin_tuple(v, where).as_items());
}

value_view builtin_max(value_view v, arena& where) {
  return extreme(v, where, "max",
                 [](comparison& run, value_view a, value_view b) { return run.less(b, a); });
}

value_view builtin_min(value_view v, arena& where) {
  return extreme(v, where, "min",
                 [](comparison& run, value_view a, value_view b) { return run.less(a, b); });
}

value_view builtin_sum(value_view v, arena& where) {
  big_integer whole = 0;
  float_sum real;
  bool is_real = false;
  for (const value_view item : builtin_tuple(v, where).as_items()) {
    const value_view plain = face_of(item, &where).value;
    switch (plain.kind()) {
      case kind::boolean:
      case kind::integer:
      case kind::big_integer:
        if (!is_real) whole += to_big_integer(plain);
        if (plain.is(kind::big_integer) || whole != whole.convert_to<std::int64_t>())
          real.give_up();
        if (is_real) real.add_whole(to_double(plain));
        break;
      case kind::real:
        if (!item.is(kind::real)) real.give_up();
        // The ints before the first float are added up as ints.
        if (!std::exchange(is_real, true))
          real.begin(static_cast<double>(whole) + plain.as_real());
        else
          real.add(plain.as_real());
        break;
      default: throw_unknown("sum", item);
    }
  }
  return is_real ? value_view::real(real.result()) : integer(whole, where);
}

value_view builtin_ord(value_view v, arena& where) {
  const face f = str_face_of(v, where);
  if (f.behaves == behaviour::str && f.value.size() == 1) {
    std::string_view text = f.value.as_str();
    return value_view::integer(static_cast<std::int64_t>(take_code_point(text)));
  }
  if (f.behaves == behaviour::bytes && f.value.size() == 1)
    return value_view::integer(std::to_integer<int>(f.value.as_bytes()[0]));
  if (f.behaves == behaviour::str || f.behaves == behaviour::bytes)
    throw python_error(
        "TypeError",
        fmt::format("ord() expected a character, but string of length {} found", f.value.size()));
  throw python_error("TypeError",
                     fmt::format("ord() expected string of length 1, but {} found", type_name(v)));
}

value_view operator_neg(value_view v, arena& where) {
  const value_view plain = face_of(v, &where).value;
  switch (plain.kind()) {
    case kind::boolean: return value_view::integer(plain.as_bool() ? -1 : 0);
    case kind::integer:
    case kind::big_integer: return integer(-to_big_integer(plain), where);
    case kind::real: return value_view::real(-plain.as_real());
    default: break;
  }
  if (number_of(v)) throw_unknown("neg", v);
  throw python_error("TypeError", fmt::format("bad operand type for unary -: '{}'", type_name(v)));
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
  if (f.behaves == behaviour::str) return f.value;
  if (v.is(kind::instance)) {
    const auto scalar = read_numpy_scalar(v.as_instance());
    if (scalar && scalar->is_number()) return value_builder(where).str(number_text(*scalar));
  }
  const auto n = number_of(f.value);
  if (n && std::holds_alternative<decimal_number>(*n))
    return value_builder(where).str(to_text(std::get<decimal_number>(*n)));
  const bool plain = !f.value.is(kind::instance) && !f.value.is(kind::proxy);
  if (!plain && !has_text_of_repr(f.behaves)) throw_unknown("str", v);
  return whole_text(f.value, where);
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

}  // namespace pickled::inline v0::detail
