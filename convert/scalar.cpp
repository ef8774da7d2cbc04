// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/scalar.hpp"

#include "pickled/convert/native.hpp"
#include "pickled/python/repr.hpp"
#include "python/behaviour.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

constexpr std::size_t longest_number = 40;

[[noreturn]] void throw_out_of_range(std::string_view least, std::string_view most, value_view v) {
  throw conversion_error(fmt::format("int from {} to {}", least, most), repr(v, longest_number));
}

std::optional<std::int64_t> small_integer(value_view v) {
  if (v.is(kind::integer)) return v.as_integer();
  if (v.is(kind::boolean)) return v.as_bool();
  if (!v.is(kind::big_integer)) throw conversion_error("int", v);
  return std::nullopt;
}

// Of the magnitude the highest 64 bits, the lowest of them set if anything below is, so that one
// conversion rounds it as it should.
double to_double(bytes_view twos_complement) {
  const bool negative = std::to_integer<int>(twos_complement.back()) >= 0x80;
  std::vector<std::byte> magnitude(twos_complement.begin(), twos_complement.end());
  if (negative) {
    unsigned carry = 1;
    for (std::byte& digit : magnitude) {
      carry += std::to_integer<unsigned>(~digit);
      digit = static_cast<std::byte>(carry);
      carry >>= 8;
    }
  }
  while (magnitude.size() > 9 && magnitude.back() == std::byte{0})
    magnitude.pop_back();
  std::uint64_t high = 0;
  bool below = false;
  std::size_t dropped = magnitude.size();
  while (dropped > 0 && high >> 56 == 0) {
    high = high << 8 | std::to_integer<std::uint64_t>(magnitude[--dropped]);
  }
  for (std::size_t i = 0; i < dropped; ++i)
    below = below || magnitude[i] != std::byte{0};
  const double result =
      std::ldexp(static_cast<double>(high | (below ? 1 : 0)), static_cast<int>(8 * dropped));
  return negative ? -result : result;
}

}  // namespace

std::int64_t read_signed(value_view v, std::int64_t least, std::int64_t most) {
  number_room room;
  v = native_scalar(v, room);
  const std::optional<std::int64_t> i = small_integer(v);
  if (!i || *i < least || *i > most) {
    throw_out_of_range(std::to_string(least), std::to_string(most), v);
  }
  return *i;
}

std::uint64_t read_unsigned(value_view v, std::uint64_t most) {
  number_room room;
  v = native_scalar(v, room);
  std::optional<std::uint64_t> number;
  if (const std::optional<std::int64_t> i = small_integer(v)) {
    if (*i >= 0) number = static_cast<std::uint64_t>(*i);
  } else if (v.as_bytes().size() == 9 && v.as_bytes().back() == std::byte{0}) {
    std::memcpy(&number.emplace(), v.as_bytes().data(), sizeof *number);
  }
  if (!number || *number > most) throw_out_of_range("0", std::to_string(most), v);
  return *number;
}

double read_double(value_view v, double most) {
  number_room room;
  v = native_scalar(v, room);
  double d = 0;
  switch (v.kind()) {
    case kind::real: d = v.as_real(); break;
    case kind::integer: d = static_cast<double>(v.as_integer()); break;
    case kind::big_integer: d = to_double(v.as_bytes()); break;
    default: throw conversion_error("float", v);
  }
  const bool too_large =
      v.is(kind::real) ? std::isfinite(d) && std::abs(d) > most : std::abs(d) > most;
  if (too_large) {
    throw conversion_error(fmt::format("float of at most {}", repr(most)), repr(v, longest_number));
  }
  return d;
}

complex_number read_complex(value_view v) {
  number_room room;
  v = native_scalar(v, room);
  if (v.is(kind::complex)) return v.as_complex();
  if (!v.is(kind::real) && !v.is(kind::integer) && !v.is(kind::big_integer)) {
    throw conversion_error("complex", v);
  }
  return {read_double(v, std::numeric_limits<double>::max()), 0};
}

value_view enum_value(value_view v) noexcept {
  return whole_member(v).value_or(v);
}

value_view write_unsigned(std::uint64_t i, value_builder& b) {
  std::byte bytes[sizeof i + 1] = {};
  std::memcpy(bytes, &i, sizeof i);
  return b.integer(bytes);
}

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

void from_value(value_view v, bool& to) {
  number_room room;
  const value_view native = detail::native_scalar(v, room);
  if (!native.is(kind::boolean)) throw conversion_error("bool", v);
  to = native.as_bool();
}

void from_value(value_view v, char& to) {
  number_room room;
  const value_view native = detail::native_scalar(v, room);
  if (!native.is(kind::str)) throw conversion_error("str of one character", v);
  const std::string_view text = native.as_str();
  if (text.size() != 1 || static_cast<unsigned char>(text[0]) > 0x7f) {
    throw conversion_error("str of one ASCII character",
                           repr(text.substr(0, detail::longest_number)));
  }
  to = text[0];
}

PICKLED_END_NAMESPACE
