// SPDX-License-Identifier: BSL-1.0

// UTF-8 as Python's strings need it: lone surrogates are encoded like any other code point
// ("surrogatepass"), everything else is strict.

#ifndef PICKLED_PICKLE_VALUE_UTF8_HPP
#define PICKLED_PICKLE_VALUE_UTF8_HPP

#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

bool is_ascii(std::string_view text) noexcept;
bool is_utf8(std::string_view text) noexcept;
// Precondition: is_utf8.
bool has_surrogates(std::string_view utf8) noexcept;

// Whether it is a byte of a character, but not the first.
constexpr bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80;
}

void append_utf8(std::string& text, char32_t code_point);

// Takes one code point off the front. Precondition: `text` is not empty and is_utf8.
char32_t take_code_point(std::string_view& text) noexcept;

std::string latin1_to_utf8(std::string_view latin1);
// False where `utf8`, which must be valid, has a code point above 255; `latin1` is unspecified
// then.
bool utf8_to_latin1(std::string_view utf8, std::string& latin1);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_VALUE_UTF8_HPP
