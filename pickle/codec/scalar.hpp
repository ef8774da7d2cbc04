// SPDX-License-Identifier: BSL-1.0

// The shortest protocol-4 opcodes of Python's scalars, as CPython's pickler chooses them
// (save_long, save_float, save_unicode, save_bytes).

#ifndef PICKLED_PICKLE_CODEC_SCALAR_HPP
#define PICKLED_PICKLE_CODEC_SCALAR_HPP

#include "pickled/value/buffer.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pickled::inline v0::detail {

// `count` bytes of `number`, the lowest first.
inline void store_little_endian(std::byte* out, std::uint64_t number, std::size_t count) noexcept {
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(out, &number, count);
}
inline std::uint64_t load_little_endian(const std::byte* in, std::size_t count) noexcept {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t number = 0;
  std::memcpy(&number, in, count);
  return number;
}

inline constexpr std::size_t longest_integer = 10;  // LONG1, its length, eight bytes
inline constexpr std::size_t longest_header = 9;    // BINUNICODE8 or BINBYTES8 and a length

// Bytes of the shortest two's complement of `i`; none for 0.
inline std::size_t twos_complement_size(std::int64_t i) noexcept {
  const std::uint64_t magnitude = static_cast<std::uint64_t>(i < 0 ? ~i : i);
  return i == 0 ? 0 : static_cast<std::size_t>(std::bit_width(magnitude)) / 8 + 1;
}

// Each writes one whole opcode and returns its size; of `longest_integer` bytes that must be there
// the rest is undefined. Ints of mixed sizes would make branches here costly.
inline std::size_t write_integer(std::byte* out, std::int64_t i) noexcept {
  constexpr unsigned char codes[] = {'K', 'M', 'J', 0x8a};  // BININT1, BININT2, BININT, LONG1
  const auto unsigned_i = static_cast<std::uint64_t>(i);
  const bool is_long = i != static_cast<std::int32_t>(i);
  const std::size_t form = std::size_t{unsigned_i > 0xff} + (unsigned_i > 0xffff) + is_long;
  const std::size_t size = is_long ? twos_complement_size(i) : std::size_t{1} << form;
  const std::size_t header = 1 + std::size_t{is_long};
  out[0] = std::byte{codes[form]};
  out[1] = static_cast<std::byte>(size);
  store_little_endian(out + header, unsigned_i, 8);
  return header + size;
}

inline std::size_t write_real(std::byte* out, double d) noexcept {
  out[0] = std::byte{'G'};  // BINFLOAT, the one that is big-endian
  store_little_endian(out + 1, __builtin_bswap64(std::bit_cast<std::uint64_t>(d)), 8);
  return 9;
}

// The opcode of a str or bytes without the characters that follow it.
struct characters_opcodes {
  unsigned char one_byte;
  unsigned char four_bytes;
  unsigned char eight_bytes;
};
inline constexpr characters_opcodes str_opcodes{0x8c, 'X', 0x8d};
inline constexpr characters_opcodes bytes_opcodes{'C', 'B', 0x8e};

inline std::size_t write_characters_header(std::byte* out, characters_opcodes codes,
                                           std::size_t length) noexcept {
  if (length <= 0xff) {
    out[0] = std::byte{codes.one_byte};
    out[1] = static_cast<std::byte>(length);
    return 2;
  }
  if (length <= 0xffffffff) {
    out[0] = std::byte{codes.four_bytes};
    store_little_endian(out + 1, length, 4);
    return 5;
  }
  out[0] = std::byte{codes.eight_bytes};
  store_little_endian(out + 1, length, 8);
  return 9;
}

// BINPUT or BINGET, or their long forms beyond 255.
inline std::size_t write_memo(std::byte* out, char short_form, char long_form,
                              std::size_t index) noexcept {
  if (index <= 0xff) {
    out[0] = static_cast<std::byte>(short_form);
    out[1] = static_cast<std::byte>(index);
    return 2;
  }
  out[0] = static_cast<std::byte>(long_form);
  store_little_endian(out + 1, index, 4);
  return 5;
}
inline std::size_t write_put(std::byte* out, std::size_t index) noexcept {
  return write_memo(out, 'q', 'r', index);
}
inline std::size_t write_get(std::byte* out, std::size_t index) noexcept {
  return write_memo(out, 'h', 'j', index);
}
inline constexpr std::size_t longest_memo = 5;
inline std::size_t memo_size(std::size_t index) noexcept {
  return index <= 0xff ? 2 : 5;
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_SCALAR_HPP
