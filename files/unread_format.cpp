// SPDX-License-Identifier: BSL-1.0

#include "files/unread_format.hpp"

#include <array>
#include <cstddef>

namespace pickled::inline v0::detail {
namespace {

using namespace std::string_view_literals;

struct unread_format {
  std::string_view magic;
  std::string_view name;
};
constexpr std::array<unread_format, 6> unread_formats{{
    {"\xfd"
     "7zXZ\x00"sv,
     "xz data"},
    {"\x28\xb5\x2f\xfd"sv, "zstd data"},
    {"\x04\x22\x4d\x18"sv, "lz4 data"},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive"},
    {"Rar!\x1a\x07"sv, "a rar archive"},
    {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file"},
}};

// In octal, among what readers let pass, or, after a byte that says so, as a binary number.
unsigned told_sum(std::string_view field) noexcept {
  unsigned sum = 0;
  if (field[0] == '\x80') {
    for (const char c : field.substr(1))
      sum = sum << 8 | static_cast<unsigned char>(c);
    return sum;
  }
  for (const char c : field.substr(0, field.find('\0')))
    if (c >= '0' && c <= '7') sum = sum * 8 + static_cast<unsigned>(c - '0');
  return sum;
}

// The check sum of the first header, which readers of tar go by: old archives have no magic.
bool is_tar(std::string_view text) noexcept {
  constexpr std::size_t block = 512;
  constexpr std::size_t begin = 148;
  constexpr std::size_t width = 8;
  if (text.size() < block) return false;
  unsigned sum = width * ' ';
  int signed_sum = static_cast<int>(width) * ' ';
  bool empty = true;
  for (std::size_t i = 0; i != block; ++i) {
    if (i >= begin && i < begin + width) continue;
    empty = empty && text[i] == '\0';
    sum += static_cast<unsigned char>(text[i]);
    signed_sum += static_cast<signed char>(text[i]);
  }
  return !empty && (told_sum(text.substr(begin, width)) == sum ||
                    told_sum(text.substr(begin, width)) == static_cast<unsigned>(signed_sum));
}

// What lzma.FORMAT_ALONE writes: no magic, but properties and an unknown size.
bool is_lzma(std::string_view text) noexcept {
  return text.size() > 13 && text.starts_with("\x5d\x00"sv) &&
         text.substr(5, 8) == "\xff\xff\xff\xff\xff\xff\xff\xff"sv;
}

}  // namespace

std::optional<std::string_view> unread_format_of(bytes_view content) noexcept {
  const std::string_view text = as_text(content);
  for (const unread_format& format : unread_formats) {
    if (text.starts_with(format.magic)) return format.name;
  }
  // Of any block size.
  if (text.size() > 10 && text.starts_with("BZh"sv) && text.substr(4, 6) == "1AY&SY"sv)
    return "bzip2 data";
  if (is_lzma(text)) return "lzma data";
  if (is_tar(text)) return "a tar archive";
  return std::nullopt;
}

}  // namespace pickled::inline v0::detail
