// SPDX-License-Identifier: BSL-1.0

#include "server/types/bytes_methods.hpp"

#include "frozen/freezer.hpp"
#include "frozen/thaw.hpp"
#include "pickle/value/utf8.hpp"
#include "pickled/frozen/frozen.hpp"
#include "pickled/python/python_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace pickled::inline v0::detail::bytes_methods {
namespace {

constexpr std::string_view white_space = " \t\n\r\f\v";

bool lower_letter(char c) {
  return c >= 'a' && c <= 'z';
}
bool upper_letter(char c) {
  return c >= 'A' && c <= 'Z';
}
bool letter(char c) {
  return lower_letter(c) || upper_letter(c);
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool space(char c) {
  return white_space.find(c) != white_space.npos;
}
char lowered(char c) {
  return upper_letter(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
char raised_case(char c) {
  return lower_letter(c) ? static_cast<char>(c - 'a' + 'A') : c;
}

template <class Change>
text changed_text(std::string_view s, Change change) {
  text result(s);
  std::ranges::transform(result, result.begin(), change);
  return result;
}

template <class Is>
bool all_of_some(std::string_view s, Is is) {
  return !s.empty() && std::ranges::all_of(s, is);
}

void refuse_empty(std::optional<std::string_view> separator) {
  if (separator && separator->empty()) throw python_error("ValueError", "empty separator");
}

texts split_by_space(std::string_view s, std::int64_t count) {
  texts result;
  for (;;) {
    s.remove_prefix(std::min(s.find_first_not_of(white_space), s.size()));
    if (s.empty()) return result;
    if (count-- == 0) break;
    const std::size_t end = std::min(s.find_first_of(white_space), s.size());
    result.emplace_back(s.substr(0, end));
    s.remove_prefix(end);
  }
  result.emplace_back(s);
  return result;
}

texts rsplit_by_space(std::string_view s, std::int64_t count) {
  texts result;
  for (;;) {
    s = s.substr(0, s.find_last_not_of(white_space) + 1);
    if (s.empty()) break;
    if (count-- == 0) {
      result.emplace_back(s);
      break;
    }
    const std::size_t start = s.find_last_of(white_space) + 1;
    result.emplace_back(s.substr(start));
    s = s.substr(0, start);
  }
  std::ranges::reverse(result);
  return result;
}

struct decode_error {
  std::size_t start;
  std::size_t end;
  std::string_view reason;
};

// The first fault of what is to be UTF-8 as Python has it, without surrogates.
std::optional<decode_error> utf8_error(std::string_view s) {
  const auto at = [s](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  for (std::size_t i = 0; i < s.size();) {
    const unsigned first = at(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    if (first < 0xc2 || first > 0xf4) return decode_error{i, i + 1, "invalid start byte"};
    const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (std::size_t n = 1; n != length; ++n) {
      if (i + n == s.size()) return decode_error{i, s.size(), "unexpected end of data"};
      const unsigned next = at(i + n);
      const unsigned least = n != 1 ? 0x80 : first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
      const unsigned most = n != 1 ? 0xbf : first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
      if (next < least || next > most) return decode_error{i, i + n, "invalid continuation byte"};
    }
    i += length;
  }
  return std::nullopt;
}

enum class codec : std::uint8_t { utf_8, ascii, latin_1 };

// By any of the names that Python has for it.
codec codec_named(std::string_view encoding, std::string_view does) {
  std::string name = lower(encoding);
  std::ranges::replace(name, '_', '-');
  if (name == "utf-8" || name == "utf8") return codec::utf_8;
  if (name == "ascii" || name == "us-ascii") return codec::ascii;
  if (name == "latin-1" || name == "latin1" || name == "iso-8859-1") return codec::latin_1;
  throw python_error(
      "NotImplementedError",
      fmt::format("this server {} utf-8, ascii and latin-1, not '{}'", does, encoding));
}

// What the codec has no bytes for.
bool is_unknown_to(codec how, char32_t c) {
  switch (how) {
    case codec::ascii: return c > 0x7f;
    case codec::latin_1: return c > 0xff;
    case codec::utf_8: break;
  }
  return c >= 0xd800 && c <= 0xdfff;
}

// The first character that is unknown, and those after it. Whoever makes a bytearray is told no
// more than the text.
[[noreturn]] void refuse_encoding(std::string_view s, codec how, std::size_t start) {
  std::string_view rest = s;
  for (std::size_t i = 0; i != start; ++i)
    take_code_point(rest);
  const auto first = static_cast<std::uint32_t>(take_code_point(rest));
  std::size_t last = start;
  while (!rest.empty() && is_unknown_to(how, take_code_point(rest)))
    ++last;
  const std::string character = first < 0x100     ? fmt::format("\\x{:02x}", first)
                                : first < 0x10000 ? fmt::format("\\u{:04x}", first)
                                                  : fmt::format("\\U{:08x}", first);
  const std::string what = last == start
                               ? fmt::format("character '{}' in position {}", character, start)
                               : fmt::format("characters in position {}-{}", start, last);
  constexpr std::string_view names[] = {"utf-8", "ascii", "latin-1"};
  constexpr std::string_view reasons[] = {"surrogates not allowed", "ordinal not in range(128)",
                                          "ordinal not in range(256)"};
  const auto number = static_cast<std::size_t>(how);
  throw python_error("UnicodeEncodeError", fmt::format("'{}' codec can't encode {}: {}",
                                                       names[number], what, reasons[number]));
}

[[noreturn]] void refuse_decoding(std::string_view s, std::string_view encoding,
                                  const decode_error& error) {
  const auto position = [](std::size_t i) { return frozen::integer(static_cast<std::int64_t>(i)); };
  const std::array args{frozen::str(encoding), frozen::bytes(as_bytes(s)), position(error.start),
                        position(error.end), frozen::str(error.reason)};
  throw python_error("UnicodeDecodeError", thaw_tuple(args));
}

}  // namespace

text lower(std::string_view s) {
  return changed_text(s, lowered);
}

text upper(std::string_view s) {
  return changed_text(s, raised_case);
}

text capitalize(std::string_view s) {
  text result = lower(s);
  if (!result.empty()) result.front() = raised_case(result.front());
  return result;
}

text swapcase(std::string_view s) {
  return changed_text(s, [](char c) { return upper_letter(c) ? lowered(c) : raised_case(c); });
}

text title(std::string_view s) {
  return changed_text(s, [within = false](char c) mutable {
    return std::exchange(within, letter(c)) ? lowered(c) : raised_case(c);
  });
}

bool isalnum(std::string_view s) {
  return all_of_some(s, [](char c) { return letter(c) || digit(c); });
}

bool isalpha(std::string_view s) {
  return all_of_some(s, letter);
}

bool isascii(std::string_view s) {
  return is_ascii(s);
}

bool isdigit(std::string_view s) {
  return all_of_some(s, digit);
}

bool islower(std::string_view s) {
  return std::ranges::any_of(s, lower_letter) && std::ranges::none_of(s, upper_letter);
}

bool isspace(std::string_view s) {
  return all_of_some(s, space);
}

bool istitle(std::string_view s) {
  return std::ranges::any_of(s, letter) && title(s) == s;
}

bool isupper(std::string_view s) {
  return std::ranges::any_of(s, upper_letter) && std::ranges::none_of(s, lower_letter);
}

text expandtabs(std::string_view s, std::int64_t size) {
  text result;
  std::int64_t column = 0;
  for (const char c : s) {
    if (c == '\t') {
      const std::int64_t more = size > 0 ? size - column % size : 0;
      result.append(static_cast<std::size_t>(more), ' ');
      column += more;
      continue;
    }
    result += c;
    column = c == '\n' || c == '\r' ? 0 : column + 1;
  }
  return result;
}

text justify(std::string_view s, std::size_t width, char fill, side where) {
  if (width <= s.size()) return text(s);
  const std::size_t more = width - s.size();
  const std::size_t before = where == side::left    ? more
                             : where == side::right ? 0
                                                    : more / 2 + (more & width & 1);
  return text(before, fill).append(s).append(more - before, fill);
}

text zfill(std::string_view s, std::size_t width) {
  text result = justify(s, width, '0', side::left);
  const bool is_signed = !s.empty() && (s.front() == '+' || s.front() == '-');
  if (is_signed) std::swap(result.front(), result[result.size() - s.size()]);
  return result;
}

text strip(std::string_view s, std::optional<std::string_view> characters, side where) {
  const std::string_view stripped = characters.value_or(white_space);
  if (where != side::right) s.remove_prefix(std::min(s.find_first_not_of(stripped), s.size()));
  if (where != side::left) s = s.substr(0, s.find_last_not_of(stripped) + 1);
  return text(s);
}

text replace(std::string_view s, std::string_view old, std::string_view by, std::int64_t count) {
  text result;
  if (old.empty()) {
    for (std::size_t i = 0; i <= s.size(); ++i) {
      if (count != 0) result.append(by);
      if (count > 0) --count;
      if (i != s.size()) result += s[i];
    }
    return result;
  }
  for (;; --count) {
    const std::size_t found = count == 0 ? s.npos : s.find(old);
    result.append(s.substr(0, found));
    if (found == s.npos) return result;
    result.append(by);
    s.remove_prefix(found + old.size());
  }
}

texts split(std::string_view s, std::optional<std::string_view> separator, std::int64_t count) {
  refuse_empty(separator);
  if (!separator) return split_by_space(s, count);
  texts result;
  for (;; --count) {
    const std::size_t found = count == 0 ? s.npos : s.find(*separator);
    result.emplace_back(s.substr(0, found));
    if (found == s.npos) return result;
    s.remove_prefix(found + separator->size());
  }
}

texts rsplit(std::string_view s, std::optional<std::string_view> separator, std::int64_t count) {
  refuse_empty(separator);
  if (!separator) return rsplit_by_space(s, count);
  texts result;
  for (;; --count) {
    const std::size_t found = count == 0 ? s.npos : s.rfind(*separator);
    if (found == s.npos) break;
    result.emplace_back(s.substr(found + separator->size()));
    s = s.substr(0, found);
  }
  result.emplace_back(s);
  std::ranges::reverse(result);
  return result;
}

texts splitlines(std::string_view s, bool keepends) {
  texts result;
  while (!s.empty()) {
    const std::size_t end = std::min(s.find_first_of("\r\n"), s.size());
    const bool pair = s.substr(end).starts_with("\r\n");
    const std::size_t next = std::min(end + (pair ? 2 : 1), s.size());
    result.emplace_back(s.substr(0, keepends ? next : end));
    s.remove_prefix(next);
  }
  return result;
}

texts partition(std::string_view s, std::string_view separator, bool from_right) {
  refuse_empty(separator);
  const std::size_t found = from_right ? s.rfind(separator) : s.find(separator);
  if (found == s.npos) return from_right ? texts{"", "", text(s)} : texts{text(s), "", ""};
  return {text(s.substr(0, found)), text(separator), text(s.substr(found + separator.size()))};
}

std::string decode(std::string_view s, std::string_view encoding) {
  switch (codec_named(encoding, "decodes")) {
    case codec::utf_8:
      if (const auto error = utf8_error(s)) refuse_decoding(s, "utf-8", *error);
      break;
    case codec::ascii: {
      const auto* found = std::ranges::find_if(s, [](char c) { return (c & 0x80) != 0; });
      const auto at = static_cast<std::size_t>(found - s.begin());
      if (found != s.end()) refuse_decoding(s, "ascii", {at, at + 1, "ordinal not in range(128)"});
      break;
    }
    case codec::latin_1: return latin1_to_utf8(s);
  }
  return std::string(s);
}

text encode(std::string_view s, std::string_view encoding) {
  const codec how = codec_named(encoding, "encodes");
  text latin_1;
  std::size_t at = 0;
  for (std::string_view rest = s; !rest.empty(); ++at) {
    const char32_t c = take_code_point(rest);
    if (is_unknown_to(how, c)) refuse_encoding(s, how, at);
    if (how == codec::latin_1) latin_1 += static_cast<char>(c);
  }
  return how == codec::latin_1 ? latin_1 : text(s);
}

}  // namespace pickled::inline v0::detail::bytes_methods
