// SPDX-License-Identifier: BSL-1.0

#include "python/numpy_scalar.hpp"

#include "pickle/value/utf8.hpp"
#include "pickled/python/array_layout.hpp"
#include "python/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <limits>

namespace pickled::inline v0::detail {
namespace {

constexpr std::int64_t not_a_time = std::numeric_limits<std::int64_t>::min();

struct unit_of_time {
  std::string_view name;
  std::int64_t seconds;  // 0 of what is shorter than one
  std::int64_t part;     // of a second
};
constexpr unit_of_time units[] = {
    {"W", 604'800, 1},
    {"D", 86'400, 1},
    {"h", 3'600, 1},
    {"m", 60, 1},
    {"s", 1, 1},
    {"ms", 0, 1'000},
    {"us", 0, 1'000'000},
    {"ns", 0, 1'000'000'000},
    {"ps", 0, 1'000'000'000'000},
    {"fs", 0, 1'000'000'000'000'000},
    {"as", 0, 1'000'000'000'000'000'000},
};
constexpr std::int64_t second = 1'000'000'000'000'000'000;  // in attoseconds

const unit_of_time* find_unit(std::string_view name) noexcept {
  const auto* found = std::ranges::find(units, name, &unit_of_time::name);
  return found == std::end(units) ? nullptr : found;
}

bool is_known_unit(std::string_view name) noexcept {
  return name.empty() || name == "generic" || name == "Y" || name == "M" ||
         find_unit(name) != nullptr;
}

// ({}, (b's', 25, 1, 1)) for 25s: the unit, and how many of it are counted as one.
bool read_unit(value_view metadata, numpy_scalar& s) noexcept {
  if (metadata.is_none()) return true;
  if (!metadata.is(kind::tuple) || metadata.size() != 2) return false;
  const value_view unit = metadata.as_items()[1];
  if (!unit.is(kind::tuple) || unit.size() < 2) return false;
  const value_view name = unit.as_items()[0];
  const value_view multiple = unit.as_items()[1];
  if (!multiple.is(kind::integer) || multiple.as_integer() < 1) return false;
  if (name.is(kind::bytes)) {
    s.unit = as_text(name.as_bytes());
  } else if (name.is(kind::str)) {
    s.unit = name.as_str();
  }
  if (s.unit == "generic") s.unit = {};
  s.multiple = multiple.as_integer();
  return is_known_unit(s.unit);
}

std::string utf8_of(const numpy_scalar& s) {
  std::string text;
  number_room room;
  for (std::size_t at = 0; at != s.content.size(); at += 4) {
    const auto c = read_number({'u', 4, s.swapped}, s.content.data() + at, room).as_integer();
    append_utf8(text, static_cast<char32_t>(c));
  }
  return text;
}

bool is_text(const numpy_scalar& s) noexcept {
  if (s.content.size() % 4 != 0) return false;
  number_room room;
  for (std::size_t at = 0; at != s.content.size(); at += 4) {
    const auto c = read_number({'u', 4, s.swapped}, s.content.data() + at, room).as_integer();
    if (c > 0x10ffff) return false;
  }
  return true;
}

// Texts shorter than their array's items are filled up with zeros, which are no part of them.
bytes_view without_zeros(bytes_view content, std::size_t character) noexcept {
  const auto zero = [](std::byte b) { return b == std::byte{}; };
  while (content.size() >= character && std::ranges::all_of(content.last(character), zero))
    content = content.first(content.size() - character);
  return content;
}

// The number of days since 1970-01-01 of the first of a month that is counted from 1970-01.
big_integer days_of_month(std::int64_t months) {
  const std::int64_t since_march = months - 2;  // the year begins in March
  const std::int64_t month = (since_march % 12 + 12) % 12;
  const big_integer year = (big_integer(since_march) - month) / 12 + 1970;
  const auto floor = [](const big_integer& i, int by) -> big_integer {
    return i >= 0 ? big_integer(i / by) : big_integer((i - by + 1) / by);
  };
  return year * 365 + floor(year, 4) - floor(year, 100) + floor(year, 400) + (153 * month + 2) / 5 -
         719'468;
}

struct date {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};
// Of a day counted from 1970-01-01.
date date_of(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day = days - era * 146'097;
  const std::int64_t year = (day - day / 1'460 + day / 36'524 - day / 146'096) / 365;
  const std::int64_t of_year = day - (365 * year + year / 4 - year / 100);
  const std::int64_t month = (5 * of_year + 2) / 153;
  return {year + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9,
          of_year - (153 * month + 2) / 5 + 1};
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// a - floor_divide(a, b) * b, of which the product might overflow.
std::int64_t floor_remainder(std::int64_t a, std::int64_t b) {
  const std::int64_t left = a % b;
  return left < 0 ? left + b : left;
}

// ISO 8601, as far as the unit goes.
std::string iso_text(std::int64_t count, std::string_view unit) {
  // No year of such a date is an int64.
  constexpr std::int64_t farthest = std::int64_t{1} << 59;
  const bool within_seconds = unit.size() == 2;
  if (!within_seconds && (count > farthest || count < -farthest)) return fmt::format("{}", count);
  if (unit == "Y") return fmt::format("{:04}", count + 1970);
  if (unit == "M") {
    return fmt::format("{:04}-{:02}", floor_divide(count, 12) + 1970,
                       floor_remainder(count, 12) + 1);
  }
  const unit_of_time& u = *find_unit(unit);
  // Whole days, seconds of the last one, and parts of its last second.
  std::int64_t days = 0, seconds = 0, parts = 0;
  if (u.seconds >= 86'400) {
    days = count * (u.seconds / 86'400);
  } else if (u.seconds != 0) {
    const std::int64_t a_day = 86'400 / u.seconds;
    days = floor_divide(count, a_day);
    seconds = floor_remainder(count, a_day) * u.seconds;
  } else {
    const std::int64_t whole = floor_divide(count, u.part);
    parts = floor_remainder(count, u.part);
    days = floor_divide(whole, 86'400);
    seconds = floor_remainder(whole, 86'400);
  }
  const date d = date_of(days);
  std::string text = fmt::format("{:04}-{:02}-{:02}", d.year, d.month, d.day);
  if (u.seconds >= 86'400) return text;
  text += fmt::format("T{:02}", seconds / 3'600);
  if (unit == "h") return text;
  text += fmt::format(":{:02}", seconds / 60 % 60);
  if (unit == "m") return text;
  text += fmt::format(":{:02}", seconds % 60);
  if (unit == "s") return text;
  std::string digits = fmt::format("{}", u.part + parts);
  digits.front() = '.';
  return text + digits;
}

// The double that prints as briefly as a float of `size` bytes of the same value.
double brief(double number, std::size_t size) {
  if (size >= sizeof(double) || !std::isfinite(number) || number == 0) return number;
  if (size == sizeof(float)) {
    std::array<char, 32> text;
    const auto end =
        std::to_chars(text.data(), text.data() + text.size() - 1, static_cast<float>(number));
    *end.ptr = '\0';
    return std::strtod(text.data(), nullptr);
  }
  int exponent = 0;
  std::frexp(number, &exponent);
  const double ulp = std::ldexp(1, std::max(exponent - 11, -24));
  for (int digits = 0; digits < 5; ++digits) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.*e", digits, number);
    const double candidate = std::strtod(text.data(), nullptr);
    if (std::abs(candidate - number) < ulp / 2) return candidate;
  }
  return number;
}

std::string time_text(const numpy_scalar& s) {
  const std::int64_t count = s.count();
  std::string text = fmt::format("{}.{}64(", s.numpy_2 ? "np" : "numpy",
                                 s.letter == 'M' ? "datetime" : "timedelta");
  const bool whole_unit = s.multiple == 1 && s.unit != "h";
  bool with_unit = !s.unit.empty();
  if (count == not_a_time) {
    text += "'NaT'";
  } else if (s.letter == 'm') {
    text += fmt::format("{}", count);
  } else if (s.unit.empty()) {
    text += fmt::format("{}", count);
  } else {
    std::int64_t units = 0;
    if (__builtin_mul_overflow(count, s.multiple, &units)) units = not_a_time;
    text += fmt::format("'{}'", iso_text(units, s.unit));
  }
  if (s.letter == 'M') with_unit = with_unit && !whole_unit;
  if (with_unit) {
    text += ",'";
    if (s.multiple != 1) text += fmt::format("{}", s.multiple);
    text.append(s.unit).append("'");
  }
  return text + ")";
}

}  // namespace

std::int64_t numpy_scalar::count() const noexcept {
  number_room room;
  return read_number({'i', 8, swapped}, content.data(), room).as_integer();
}

std::string_view numpy_scalar::type_name() const noexcept {
  const auto of_size = [this](std::string_view one, std::string_view two, std::string_view four,
                              std::string_view eight, std::string_view sixteen = "") {
    switch (content.size()) {
      case 1: return one;
      case 2: return two;
      case 4: return four;
      case 8: return eight;
      default: return sixteen;
    }
  };
  switch (letter) {
    case 'b': return numpy_2 ? "numpy.bool" : "numpy.bool_";
    case 'i': return of_size("numpy.int8", "numpy.int16", "numpy.int32", "numpy.int64");
    case 'u': return of_size("numpy.uint8", "numpy.uint16", "numpy.uint32", "numpy.uint64");
    case 'f': return of_size("", "numpy.float16", "numpy.float32", "numpy.float64");
    case 'c': return of_size("", "", "", "numpy.complex64", "numpy.complex128");
    case 'U': return "numpy.str_";
    case 'S': return "numpy.bytes_";
    case 'M': return "numpy.datetime64";
    default: return "numpy.timedelta64";
  }
}

std::optional<numpy_scalar> read_numpy_scalar(const instance_node& i) noexcept {
  if (i.how != instance_node::construction::reduce || !i.callable.is(kind::global) ||
      !i.args.is(kind::tuple) || i.args.size() != 2 || i.changes.size != 0) {
    return std::nullopt;
  }
  const global_name maker = i.callable.as_global();
  if (maker.name != "scalar" || !is_module_of_numpy(maker.module, "multiarray")) {
    return std::nullopt;
  }
  const auto args = i.args.as_items();
  const auto dtype = read_dtype(args[0]);
  if (!dtype || dtype->letters.empty() || !args[1].is(kind::bytes)) return std::nullopt;
  numpy_scalar s{dtype->letters.front(),
                 args[1].as_bytes(),
                 dtype->byte_order == ">",
                 maker.module.starts_with("numpy._core."),
                 {}};
  switch (s.letter) {
    case 'S': s.content = without_zeros(s.content, 1); return s;
    case 'U':
      s.content = without_zeros(s.content, 4);
      return is_text(s) ? std::optional(s) : std::nullopt;
    case 'M':
    case 'm':
      return s.content.size() == 8 && read_unit(dtype->metadata, s) ? std::optional(s)
                                                                    : std::nullopt;
    default: break;
  }
  const auto type = parse_element_type(dtype->letters, dtype->byte_order);
  return type && type->size == s.content.size() ? std::optional(s) : std::nullopt;
}

std::optional<value_view> plain_value(const numpy_scalar& s, arena* made) {
  if (s.is_time()) return std::nullopt;
  if (s.letter == 'S') {
    return value_view::characters(kind::bytes, s.content.data(), s.content.size());
  }
  if (s.letter == 'U') {
    if (made == nullptr) return std::nullopt;
    return value_builder(*made).str(utf8_of(s));
  }
  number_room room;
  const value_view number = read_number(s.type(), s.content.data(), room);
  if (!number.is(kind::big_integer) && !number.is(kind::complex)) return number;
  if (made == nullptr) return std::nullopt;
  value_builder build(*made);
  return number.is(kind::complex) ? build.complex(room.complex.real, room.complex.imag)
                                  : build.integer(number.as_bytes());
}

std::optional<numpy_time> time_of(const numpy_scalar& s) {
  using scale = enum numpy_time::scale;
  const std::int64_t count = s.count();
  if (count == not_a_time) return std::nullopt;
  const big_integer units = big_integer(count) * s.multiple;
  if (s.unit.empty()) return numpy_time{scale::units, units};
  if (s.unit == "Y" || s.unit == "M") {
    const big_integer months = s.unit == "Y" ? big_integer(units * 12) : units;
    if (s.letter == 'm') return numpy_time{scale::months, months};
    // What is so far away that its months are no int64 is no date that numpy could make.
    if (abs(months) > std::numeric_limits<std::int64_t>::max() / 2) return std::nullopt;
    const big_integer days = days_of_month(static_cast<std::int64_t>(months));
    return numpy_time{scale::attoseconds, days * 86'400 * second};
  }
  const unit_of_time& u = *find_unit(s.unit);
  const big_integer unit = u.seconds != 0 ? big_integer(u.seconds) * second : second / u.part;
  return numpy_time{scale::attoseconds, units * unit};
}

std::string number_text(const numpy_scalar& s) {
  number_room room;
  const value_view number = read_number(s.type(), s.content.data(), room);
  std::string text;
  switch (number.kind()) {
    case kind::boolean: return number.as_bool() ? "True" : "False";
    case kind::integer: return fmt::format("{}", number.as_integer());
    case kind::big_integer: return to_big_integer(number).str();
    case kind::real: append_real(brief(number.as_real(), s.content.size()), false, text); break;
    default: {
      const std::size_t part = s.content.size() / 2;
      const complex_number c = number.as_complex();
      append_complex({brief(c.real, part), brief(c.imag, part)}, text);
    }
  }
  return text;
}

std::string repr(const numpy_scalar& s, std::size_t limit) {
  if (s.is_time()) return time_text(s);
  std::string text;
  if (s.letter == 'U') {
    append_str(utf8_of(s), limit, text);
  } else if (s.letter == 'S') {
    append_bytes(s.content, limit, text);
  } else {
    text = number_text(s);
  }
  if (!s.numpy_2) return text;
  if (s.letter == 'b') return "np." + text + "_";
  const std::string_view name = s.type_name().substr(std::string_view("numpy.").size());
  // np.complex128(1+2j): the parentheses are there once.
  if (text.starts_with('(')) return fmt::format("np.{}{}", name, text);
  return fmt::format("np.{}({})", name, text);
}

}  // namespace pickled::inline v0::detail
