// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/element_type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

PICKLED_BEGIN_NAMESPACE
namespace {

bool is_known(char letter, unsigned size) noexcept {
  switch (letter) {
    case 'b': return size == 1;
    case 'i':
    case 'u': return size == 1 || size == 2 || size == 4 || size == 8;
    case 'f': return size == 2 || size == 4 || size == 8;
    case 'c': return size == 8 || size == 16;
    default: return false;
  }
}

template <class T>
T read_as(const std::byte* at, bool swapped) noexcept {
  std::array<std::byte, sizeof(T)> bytes;
  std::copy_n(at, sizeof(T), bytes.begin());
  if (swapped) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<T>(bytes);
}

std::int64_t read_signed_number(element_type type, const std::byte* at) noexcept {
  switch (type.size) {
    case 1: return read_as<std::int8_t>(at, false);
    case 2: return read_as<std::int16_t>(at, type.swapped);
    case 4: return read_as<std::int32_t>(at, type.swapped);
    default: return read_as<std::int64_t>(at, type.swapped);
  }
}

std::uint64_t read_unsigned_number(element_type type, const std::byte* at) noexcept {
  switch (type.size) {
    case 1: return read_as<std::uint8_t>(at, false);
    case 2: return read_as<std::uint16_t>(at, type.swapped);
    case 4: return read_as<std::uint32_t>(at, type.swapped);
    default: return read_as<std::uint64_t>(at, type.swapped);
  }
}

value_view as_unsigned(std::uint64_t number, number_room& room) noexcept {
  if (number >> 63 == 0) return value_view::integer(static_cast<std::int64_t>(number));
  std::memcpy(room.digits.data(), &number, sizeof number);
  room.digits.back() = std::byte{0};
  return value_view::characters(kind::big_integer, room.digits.data(), room.digits.size());
}

double half_to_double(std::uint16_t half) noexcept {
  const int exponent = half >> 10 & 0x1f;
  const double fraction = half & 0x3ff;
  double magnitude;
  if (exponent == 0x1f) {
    magnitude = fraction == 0 ? std::numeric_limits<double>::infinity()
                              : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(fraction, -24);
  } else {
    magnitude = std::ldexp(fraction + 1024, exponent - 25);
  }
  return half >> 15 != 0 ? -magnitude : magnitude;
}

double read_float(unsigned size, bool swapped, const std::byte* at) noexcept {
  if (size == 2) return half_to_double(read_as<std::uint16_t>(at, swapped));
  return size == sizeof(float) ? static_cast<double>(read_as<float>(at, swapped))
                               : read_as<double>(at, swapped);
}

bool is_dtype_call(const instance_node& call) noexcept {
  return call.how == instance_node::construction::reduce && call.callable.is(kind::global) &&
         call.callable.as_global() == global_name{"numpy", "dtype"} && call.args.is(kind::tuple) &&
         call.args.size() >= 1 && call.args.as_items()[0].is(kind::str);
}

}  // namespace

std::string element_type::name() const {
  return fmt::format("{}{}{}", size == 1 ? '|' : swapped ? '>' : '<', letter, size);
}

std::optional<element_type> parse_element_type(std::string_view letters,
                                               std::string_view byte_order) noexcept {
  if (letters.size() < 2) return std::nullopt;
  unsigned size = 0;
  const char* const end = letters.data() + letters.size();
  const auto parsed = std::from_chars(letters.data() + 1, end, size);
  if (parsed.ec != std::errc() || parsed.ptr != end || !is_known(letters[0], size)) {
    return std::nullopt;
  }
  return element_type{letters[0], static_cast<std::uint8_t>(size), byte_order == ">" && size > 1};
}

// dtype('f8', False, True) with the state (3, '<', None, None, None, -1, -1, 0), of times with
// (4, '<', None, None, None, -1, -1, 0, ({}, (b'D', 1, 1, 1))).
std::optional<dtype_parts> read_dtype(value_view dtype) noexcept {
  if (!dtype.is(kind::instance) || !is_dtype_call(dtype.as_instance())) return std::nullopt;
  const instance_node& call = dtype.as_instance();
  dtype_parts parts{call.args.as_items()[0].as_str(), "<", {}};
  for (const instance_node::change& change : call.changes.view()) {
    if (change.action != instance_node::change::action::build || !change.first.is(kind::tuple) ||
        change.first.size() < 5) {
      return std::nullopt;
    }
    const auto state = change.first.as_items();
    const bool plain = state[2].is_none() && state[3].is_none() && state[4].is_none();
    if (!plain || !state[1].is(kind::str)) return std::nullopt;
    parts.byte_order = state[1].as_str();
    parts.metadata = state.size() > 8 ? state[8] : value_view::none();
  }
  return parts;
}

std::optional<element_type> parse_dtype(value_view dtype) noexcept {
  const auto parts = read_dtype(dtype);
  return parts ? parse_element_type(parts->letters, parts->byte_order) : std::nullopt;
}

value_view write_dtype(element_type type, value_builder& b) {
  const std::string letters = fmt::format("{}{}", type.letter, type.size);
  const value_view args[] = {b.str(letters), value_view::boolean(false), value_view::boolean(true)};
  const value_view dtype =
      b.instance(instance_node::construction::reduce, b.global("numpy", "dtype"), b.tuple(args));
  const value_view state[] = {
      value_view::integer(3),  b.str(type.name().substr(0, 1)), {}, {}, {}, value_view::integer(-1),
      value_view::integer(-1), value_view::integer(0)};
  b.change(dtype, {instance_node::change::action::build, b.tuple(state), {}});
  return dtype;
}

value_view read_number(element_type type, const std::byte* at, number_room& room) noexcept {
  const bool swapped = type.swapped;
  switch (type.letter) {
    case 'b': return value_view::boolean(*at != std::byte{0});
    case 'i': return value_view::integer(read_signed_number(type, at));
    case 'u': return as_unsigned(read_unsigned_number(type, at), room);
    case 'f': return value_view::real(read_float(type.size, swapped, at));
    default: {
      const unsigned half = type.size / 2u;
      room.complex = {read_float(half, swapped, at), read_float(half, swapped, at + half)};
      return value_view::node(kind::complex, &room.complex);
    }
  }
}

PICKLED_END_NAMESPACE
