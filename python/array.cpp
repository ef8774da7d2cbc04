// SPDX-License-Identifier: BSL-1.0

#include "python/array.hpp"

#include "pickle/value/utf8.hpp"
#include "pickled/python/element_type.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>

namespace pickled::inline v0::detail {
namespace {

struct item_format {
  enum class sort : std::uint8_t { unsigned_int, signed_int, real, complex, character };
  std::size_t size;
  sort sort;
  bool big_endian;
};

constexpr bool native_is_big = std::endian::native == std::endian::big;

// As on every 64-bit platform but Windows, whose arrays come with a format of their own.
std::optional<item_format> format_of_typecode(std::string_view code) {
  using sort = enum item_format::sort;
  // From 3.15 on.
  if (code == "Zf") return item_format{8, sort::complex, native_is_big};
  if (code == "Zd") return item_format{16, sort::complex, native_is_big};
  if (code.size() != 1) return std::nullopt;
  switch (code.front()) {
    case 'b': return item_format{1, sort::signed_int, native_is_big};
    case 'B': return item_format{1, sort::unsigned_int, native_is_big};
    case 'h': return item_format{2, sort::signed_int, native_is_big};
    case 'H': return item_format{2, sort::unsigned_int, native_is_big};
    case 'i': return item_format{4, sort::signed_int, native_is_big};
    case 'I': return item_format{4, sort::unsigned_int, native_is_big};
    case 'l':
    case 'q': return item_format{8, sort::signed_int, native_is_big};
    case 'L':
    case 'Q': return item_format{8, sort::unsigned_int, native_is_big};
    case 'e': return item_format{2, sort::real, native_is_big};
    case 'f': return item_format{4, sort::real, native_is_big};
    case 'd': return item_format{8, sort::real, native_is_big};
    case 'u':
    case 'w': return item_format{4, sort::character, native_is_big};
    default: return std::nullopt;
  }
}

// The machine formats of arraymodule.c; its UTF-16 is not among them.
std::optional<item_format> format_of_machine(std::int64_t format) {
  using sort = enum item_format::sort;
  if (format < 0 || format > 27 || format == 18 || format == 19) return std::nullopt;
  if (format < 2) return item_format{1, format == 0 ? sort::unsigned_int : sort::signed_int, false};
  const bool big_endian = format % 2 == 1;
  // From 3.15 on.
  if (format >= 26) return item_format{2, sort::real, big_endian};
  if (format >= 22) {
    return item_format{format < 24 ? std::size_t{8} : 16, sort::complex, big_endian};
  }
  if (format >= 20) return item_format{4, sort::character, big_endian};
  if (format >= 14) return item_format{format < 16 ? std::size_t{4} : 8, sort::real, big_endian};
  const std::size_t size = std::size_t{2} << ((format - 2) / 4);
  return item_format{size, format % 4 < 2 ? sort::signed_int : sort::unsigned_int, big_endian};
}

bool is_reconstructed(const instance_node& i) {
  return i.callable.as_global().name != "array";
}

std::optional<item_format> format_of(const instance_node& i) {
  const auto args = i.args.as_items();
  if (!is_reconstructed(i)) return format_of_typecode(args[0].as_str());
  return format_of_machine(args[2].as_integer());
}

std::uint64_t read_word(bytes_view bytes, bool big_endian) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i != bytes.size(); ++i) {
    const std::size_t at = big_endian ? i : bytes.size() - 1 - i;
    word = (word << 8) | std::to_integer<std::uint64_t>(bytes[at]);
  }
  return word;
}

value_view make_unsigned(std::uint64_t word, value_builder& build) {
  if (word <= INT64_MAX) return value_view::integer(static_cast<std::int64_t>(word));
  std::array<std::byte, 9> bytes{};
  for (std::size_t i = 0; i != 8; ++i)
    bytes[i] = static_cast<std::byte>(word >> (8 * i));
  return build.integer(bytes);
}

value_view make_float(bytes_view bytes, const item_format& format, value_builder& build) {
  const bool is_complex = format.sort == item_format::sort::complex;
  const element_type type{is_complex ? 'c' : 'f', static_cast<std::uint8_t>(format.size),
                          format.big_endian != native_is_big};
  number_room room;
  const value_view number = read_number(type, bytes.data(), room);
  return is_complex ? build.complex(room.complex.real, room.complex.imag) : number;
}

value_view make_item(bytes_view bytes, const item_format& format, value_builder& build) {
  using sort = enum item_format::sort;
  if (format.sort == sort::real || format.sort == sort::complex)
    return make_float(bytes, format, build);
  const std::uint64_t word = read_word(bytes, format.big_endian);
  switch (format.sort) {
    case sort::unsigned_int: return make_unsigned(word, build);
    case sort::signed_int: {
      const std::size_t unused = 64 - 8 * format.size;
      return value_view::integer(static_cast<std::int64_t>(word << unused) >> unused);
    }
    default: break;
  }
  std::string text;
  append_utf8(text, word > 0x10ffff ? 0xfffd : static_cast<char32_t>(word));
  return build.str(text);
}

}  // namespace

bool is_array(const instance_node& i) {
  const auto args = i.args.as_items();
  const bool reconstructed = is_reconstructed(i);
  if (args.size() != (reconstructed ? 4 : 2)) return false;
  const value_view code = args[reconstructed ? 1 : 0];
  if (!code.is(kind::str) || !format_of_typecode(code.as_str())) return false;
  if (reconstructed && !args[2].is(kind::integer)) return false;
  const value_view content = args.back();
  if (!content.is(kind::bytes)) return content.is(kind::list) && !reconstructed;
  const auto format = format_of(i);
  return format && content.size() % format->size == 0;
}

std::string_view array_typecode(const instance_node& i) {
  return i.args.as_items()[is_reconstructed(i) ? 1 : 0].as_str();
}

std::vector<value_view> array_items(const instance_node& i, arena& where) {
  const value_view content = i.args.as_items().back();
  if (content.is(kind::list)) return {content.as_items().begin(), content.as_items().end()};
  const auto format = format_of(i);
  value_builder build(where);
  std::vector<value_view> items;
  items.reserve(content.size() / format->size);
  for (bytes_view left = content.as_bytes(); !left.empty(); left = left.subspan(format->size)) {
    items.push_back(make_item(left.first(format->size), *format, build));
  }
  return items;
}

}  // namespace pickled::inline v0::detail
