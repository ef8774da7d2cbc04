// SPDX-License-Identifier: BSL-1.0

// What methods of Python's bytes and bytearray return, for those that change nothing. Letters,
// digits and white space are ASCII's, as there.

#ifndef PICKLED_SERVER_TYPES_BYTES_METHODS_HPP
#define PICKLED_SERVER_TYPES_BYTES_METHODS_HPP

#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail::bytes_methods {

using text = std::string;  // of bytes
using texts = std::vector<std::string>;

enum class side : std::uint8_t { left, right, both };

text capitalize(std::string_view s);
text lower(std::string_view s);
text swapcase(std::string_view s);
text title(std::string_view s);
text upper(std::string_view s);

bool isalnum(std::string_view s);
bool isalpha(std::string_view s);
bool isascii(std::string_view s);
bool isdigit(std::string_view s);
bool islower(std::string_view s);
bool isspace(std::string_view s);
bool istitle(std::string_view s);
bool isupper(std::string_view s);

text expandtabs(std::string_view s, std::int64_t size);
// Filled up on the sides named to `width`, as center, ljust and rjust are.
text justify(std::string_view s, std::size_t width, char fill, side where);
text zfill(std::string_view s, std::size_t width);
// `characters` of nullopt are white space.
text strip(std::string_view s, std::optional<std::string_view> characters, side where);
// All with a negative count.
text replace(std::string_view s, std::string_view old, std::string_view by, std::int64_t count);

// A separator of nullopt is white space; an empty one throws python_error ValueError. All with a
// negative count.
texts split(std::string_view s, std::optional<std::string_view> separator, std::int64_t count);
texts rsplit(std::string_view s, std::optional<std::string_view> separator, std::int64_t count);
texts splitlines(std::string_view s, bool keepends);
// Three: before the first separator, or the last, it, and what follows.
texts partition(std::string_view s, std::string_view separator, bool from_right);

// The text that they encode in utf-8, ascii or latin-1. Throws python_error UnicodeDecodeError, or
// NotImplementedError for another encoding.
std::string decode(std::string_view s, std::string_view encoding);
// The other way round: UnicodeEncodeError.
text encode(std::string_view s, std::string_view encoding);

}  // namespace pickled::inline v0::detail::bytes_methods

#endif  // PICKLED_SERVER_TYPES_BYTES_METHODS_HPP
