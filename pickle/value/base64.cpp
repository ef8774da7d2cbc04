// SPDX-License-Identifier: BSL-1.0

#include "pickle/value/base64.hpp"

#include <array>
#include <cstdint>

namespace pickled::inline v0::detail {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(0xff);
  for (std::size_t i = 0; i != alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
constexpr std::array<std::uint8_t, 256> values = make_values();

}  // namespace

std::string to_base64(bytes_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::uint32_t word = 0;
    for (std::size_t j = 0; j != count; ++j) {
      word |= std::to_integer<std::uint32_t>(bytes[i + j]) << (16 - 8 * j);
    }
    for (std::size_t j = 0; j != 4; ++j) {
      text += j <= count ? alphabet[word >> (18 - 6 * j) & 0x3f] : '=';
    }
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t word = 0;
  for (std::size_t i = 0; i != text.size() - padding; ++i) {
    const std::uint8_t sextet = values[static_cast<unsigned char>(text[i])];
    if (sextet == 0xff) return std::nullopt;
    word = word << 6 | sextet;
    if (i % 4 != 0) bytes += static_cast<char>(word >> (6 - 2 * (i % 4)) & 0xff);
  }
  return bytes;
}

}  // namespace pickled::inline v0::detail
