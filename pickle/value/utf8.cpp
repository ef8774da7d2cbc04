// SPDX-License-Identifier: BSL-1.0

#include "pickle/value/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pickled::inline v0::detail {

namespace {

constexpr std::uint64_t high_bits = 0x8080808080808080;

std::uint64_t word_at(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// The length of the ASCII that `text` begins with, rounded down to whole words.
std::size_t ascii_words(std::string_view text) noexcept {
  std::size_t i = 0;
  while (text.size() - i >= 8 && (word_at(text.data() + i) & high_bits) == 0)
    i += 8;
  return i;
}

// How many bytes the well-formed sequence at `at` has; 0 where there is none. The second byte's
// range excludes overlong forms and what is above U+10FFFF.
std::size_t sequence_length(const unsigned char* at, std::size_t left) noexcept {
  const auto continued = [&](std::size_t i) { return (at[i] & 0xc0) == 0x80; };
  const unsigned char lead = at[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || left < 2) return 0;
  if (lead < 0xe0) return continued(1) ? 2 : 0;
  if (left < 3 || !continued(1) || !continued(2)) return 0;
  if (lead < 0xf0) return lead == 0xe0 && at[1] < 0xa0 ? 0 : 3;
  if (left < 4 || !continued(3) || lead > 0xf4) return 0;
  if (lead == 0xf0 && at[1] < 0x90) return 0;
  return lead == 0xf4 && at[1] > 0x8f ? 0 : 4;
}

}  // namespace

bool is_ascii(std::string_view text) noexcept {
  for (std::size_t i = ascii_words(text); i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) >= 0x80) return false;
  }
  return true;
}

bool is_utf8(std::string_view text) noexcept {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t i = ascii_words(text);
  while (i < text.size()) {
    const std::size_t length = sequence_length(bytes + i, text.size() - i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

bool has_surrogates(std::string_view utf8) noexcept {
  for (std::size_t i = utf8.find('\xed'); i != std::string_view::npos;
       i = utf8.find('\xed', i + 1)) {
    if (i + 1 < utf8.size() && static_cast<unsigned char>(utf8[i + 1]) >= 0xa0) return true;
  }
  return false;
}

void append_utf8(std::string& text, char32_t c) {
  const auto put = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

char32_t take_code_point(std::string_view& text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t c = length == 1 ? lead : lead & (0xff >> (length + 1));
  for (std::size_t i = 1; i < length; ++i)
    c = c << 6 | (at(i) & 0x3f);
  text.remove_prefix(length);
  return c;
}

std::string latin1_to_utf8(std::string_view latin1) {
  std::string text;
  text.reserve(latin1.size());
  for (const char c : latin1)
    append_utf8(text, static_cast<unsigned char>(c));
  return text;
}

bool utf8_to_latin1(std::string_view utf8, std::string& latin1) {
  latin1.clear();
  latin1.reserve(utf8.size());
  while (!utf8.empty()) {
    const char32_t c = take_code_point(utf8);
    if (c > 0xff) return false;
    latin1.push_back(static_cast<char>(c));
  }
  return true;
}

}  // namespace pickled::inline v0::detail
