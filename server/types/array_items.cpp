// SPDX-License-Identifier: BSL-1.0

#include "server/types/array_items.hpp"

#include "frozen/freezer.hpp"
#include "frozen/thaw.hpp"
#include "pickle/value/utf8.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/type_name.hpp"
#include "python/behaviour.hpp"
#include "server/python/builtins.hpp"
#include "server/python/leaf.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {
namespace {

constexpr std::string_view too_large_for_long = "Python int too large to convert to C long";
constexpr std::string_view too_large_for_unsigned =
    "Python int too large to convert to C unsigned long";

[[noreturn]] void throw_overflow(std::string_view text) {
  throw python_error("OverflowError", text);
}

std::size_t size_of(char typecode) {
  switch (typecode) {
    case 'b':
    case 'B': return 1;
    case 'h':
    case 'H': return 2;
    case 'i':
    case 'I':
    case 'f':
    case 'u':
    case 'w': return 4;
    case 'l':
    case 'L':
    case 'q':
    case 'Q':
    case 'd': return 8;
    default: break;
  }
  throw python_error("ValueError",
                     "bad typecode (must be b, B, u, h, H, i, I, l, L, q, Q, f or d)");
}

template <class Number>
void put(std::byte* out, Number n) {
  std::memcpy(out, &n, sizeof n);
}
template <class Number>
Number get(const std::byte* in) {
  Number n;
  std::memcpy(&n, in, sizeof n);
  return n;
}

// An int of Python's: of kind boolean, integer or big_integer.
value_view whole_item(value_view item, arena& where) {
  const value_view plain = plain_number(item, where);
  const bool whole =
      plain.is(kind::boolean) || plain.is(kind::integer) || plain.is(kind::big_integer);
  if (whole) return plain;
  throw python_error(
      "TypeError", fmt::format("'{}' object cannot be interpreted as an integer", type_name(item)));
}

std::int64_t signed_number(value_view item, std::string_view overflow) {
  arena where;
  const value_view whole = whole_item(item, where);
  if (whole.is(kind::boolean)) return whole.as_bool() ? 1 : 0;
  if (whole.is(kind::integer)) return whole.as_integer();
  throw_overflow(overflow);
}

std::uint64_t unsigned_number(value_view item, std::string_view negative,
                              std::string_view overflow) {
  arena where;
  const value_view whole = whole_item(item, where);
  if (!whole.is(kind::big_integer)) {
    const std::int64_t i = signed_number(whole, overflow);
    if (i < 0) throw_overflow(negative);
    return static_cast<std::uint64_t>(i);
  }
  const bytes_view bytes = whole.as_bytes();
  if ((bytes.back() & std::byte{0x80}) != std::byte{}) throw_overflow(negative);
  // What is beyond 63 bits has a ninth byte for its sign.
  if (bytes.size() > 9 || (bytes.size() == 9 && bytes.back() != std::byte{})) {
    throw_overflow(overflow);
  }
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < 8 && i < bytes.size(); ++i) {
    result |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  }
  return result;
}

template <class Number>
std::int64_t bounded(std::int64_t i, std::string_view what) {
  const bool small = i < std::int64_t{std::numeric_limits<Number>::min()};
  const bool large = i > std::int64_t{std::numeric_limits<Number>::max()};
  if (!small && !large) return i;
  throw python_error(
      "OverflowError",
      fmt::format("{} is {}", what, small ? "less than minimum" : "greater than maximum"));
}

double real_number(value_view item, arena& where) {
  const value_view plain = plain_number(item, where);
  switch (plain.kind()) {
    case kind::boolean:
    case kind::integer:
    case kind::big_integer:
    case kind::real: return builtin_float(plain, where).as_real();
    default: break;
  }
  throw python_error("TypeError", fmt::format("must be real number, not {}", type_name(item)));
}

std::uint32_t character(value_view item) {
  const value_view plain = face_of(item).value;
  if (!plain.is(kind::str) || plain.size() != 1) {
    throw python_error("TypeError", "array item must be unicode character");
  }
  std::string_view text = plain.as_str();
  return take_code_point(text);
}

frozen unsigned_value(std::uint64_t i) {
  if (i <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return frozen::integer(static_cast<std::int64_t>(i));
  }
  std::byte bytes[9] = {};
  std::memcpy(bytes, &i, sizeof i);
  arena where;
  return freeze(value_builder(where).integer(bytes_view(bytes)));
}

frozen character_value(std::uint32_t c) {
  if (c > 0x10ffff) throw python_error("ValueError", "chr() arg not in range(0x110000)");
  std::string text;
  append_utf8(text, c);
  return frozen::str(text);
}

}  // namespace

item_type::item_type(char typecode) : typecode_(typecode), size_(size_of(typecode)) {}

// The checks, with their order and texts, are those of the setitem functions of arraymodule.c.
void item_type::store(value_view item, std::byte* out) const {
  const auto small = [&] { return signed_number(item, too_large_for_long); };
  switch (typecode_) {
    case 'b': {
      const std::int64_t i = bounded<std::int16_t>(small(), "signed short integer");
      return put(out, static_cast<std::int8_t>(bounded<std::int8_t>(i, "signed char")));
    }
    case 'B':
      return put(
          out, static_cast<std::uint8_t>(bounded<std::uint8_t>(small(), "unsigned byte integer")));
    case 'h':
      return put(out,
                 static_cast<std::int16_t>(bounded<std::int16_t>(small(), "signed short integer")));
    case 'H': {
      const std::int64_t i = bounded<std::int32_t>(small(), "signed integer");
      return put(out, static_cast<std::uint16_t>(bounded<std::uint16_t>(i, "unsigned short")));
    }
    case 'i':
      return put(out, static_cast<std::int32_t>(bounded<std::int32_t>(small(), "signed integer")));
    case 'I': {
      const std::uint64_t i = unsigned_number(item, "can't convert negative value to unsigned int",
                                              too_large_for_unsigned);
      if (i > 0xffffffff) throw_overflow("unsigned int is greater than maximum");
      return put(out, static_cast<std::uint32_t>(i));
    }
    case 'l': return put(out, small());
    case 'L':
      return put(out, unsigned_number(item, "can't convert negative value to unsigned int",
                                      too_large_for_unsigned));
    case 'q': return put(out, signed_number(item, "int too big to convert"));
    case 'Q':
      return put(out, unsigned_number(item, "can't convert negative int to unsigned",
                                      "int too big to convert"));
    case 'f': {
      arena where;
      return put(out, static_cast<float>(real_number(item, where)));
    }
    case 'd': {
      arena where;
      return put(out, real_number(item, where));
    }
    default: return put(out, character(item));
  }
}

void item_type::store(const frozen& item, std::byte* out) const {
  if (const auto leaf = leaf_view(item)) return store(*leaf, out);
  store(value_argument(thaw(item)), out);
}

frozen item_type::load(const std::byte* in) const {
  switch (typecode_) {
    case 'b': return frozen::integer(get<std::int8_t>(in));
    case 'B': return frozen::integer(get<std::uint8_t>(in));
    case 'h': return frozen::integer(get<std::int16_t>(in));
    case 'H': return frozen::integer(get<std::uint16_t>(in));
    case 'i': return frozen::integer(get<std::int32_t>(in));
    case 'I': return frozen::integer(get<std::uint32_t>(in));
    case 'l':
    case 'q': return frozen::integer(get<std::int64_t>(in));
    case 'L':
    case 'Q': return unsigned_value(get<std::uint64_t>(in));
    case 'f': return frozen::real(static_cast<double>(get<float>(in)));
    case 'd': return frozen::real(get<double>(in));
    default: return character_value(get<std::uint32_t>(in));
  }
}

}  // namespace pickled::inline v0::detail
