// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/text_operand.hpp"

#include "pickle/value/utf8.hpp"
#include "pickled/value/big_integer.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace pickled::inline v0::detail {

namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes `count` hexadecimal digits off the front.
bool take_hex(std::string_view& text, std::size_t count, char32_t& number) noexcept {
  if (text.size() < count) return false;
  number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return false;
    number = number << 4 | static_cast<char32_t>(digit);
  }
  text.remove_prefix(count);
  return true;
}

// Up to three octal digits; only the low eight bits count.
char take_octal(std::string_view& text) noexcept {
  unsigned number = 0;
  for (int i = 0; i < 3 && !text.empty() && text[0] >= '0' && text[0] <= '7'; ++i) {
    number = number * 8 + static_cast<unsigned>(text[0] - '0');
    text.remove_prefix(1);
  }
  return static_cast<char>(number);
}

// strtol(line, &end, 0), if it takes all of the line.
std::optional<std::int64_t> strtol_base_0(std::string_view line) noexcept {
  while (!line.empty() && (line[0] == ' ' || (line[0] >= '\t' && line[0] <= '\r'))) {
    line.remove_prefix(1);
  }
  const bool negative = !line.empty() && line[0] == '-';
  if (negative || (!line.empty() && line[0] == '+')) line.remove_prefix(1);
  int base = 10;
  if (line.size() > 2 && line[0] == '0' && (line[1] == 'x' || line[1] == 'X')) {
    base = 16;
    line.remove_prefix(2);
  } else if (line.size() > 1 && line[0] == '0') {
    base = 8;
  }
  if (line.empty() || line[0] == '-') return std::nullopt;
  std::string digits(negative ? "-" : "");
  digits += line;
  std::int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, number, base);
  if (failure != std::errc() || stop != end) return std::nullopt;
  return number;
}

bool parse_literal(std::string_view text, value_builder& build, value_view& number) {
  // From 3.14 on CPython reads them in base 10, to which leading zeros are nothing.
  std::optional<big_integer> parsed = parse_integer(text, 0);
  if (!parsed) parsed = parse_integer(text, 10);
  if (!parsed) return false;
  number = build.integer(twos_complement(*parsed).view());
  return true;
}

bool unescape(std::string_view& text, std::string& bytes) {
  if (text.empty()) return false;
  const char c = text[0];
  if (c >= '0' && c <= '7') {
    bytes.push_back(take_octal(text));
    return true;
  }
  text.remove_prefix(1);
  constexpr std::string_view letters = "\\'\"bftnrva";
  constexpr std::string_view meanings = "\\'\"\b\f\t\n\r\v\a";
  if (c == '\n') return true;
  if (c == 'x') {
    char32_t byte = 0;
    if (!take_hex(text, 2, byte)) return false;
    bytes.push_back(static_cast<char>(byte));
  } else if (const std::size_t i = letters.find(c); i != std::string_view::npos) {
    bytes.push_back(meanings[i]);
  } else {
    bytes.push_back('\\');
    bytes.push_back(c);
  }
  return true;
}

void append_escape(std::string& text, char32_t c) {
  constexpr std::string_view digits = "0123456789abcdef";
  text += c > 0xffff ? "\\U" : "\\u";
  for (int shift = c > 0xffff ? 28 : 12; shift >= 0; shift -= 4) {
    text.push_back(digits[c >> shift & 0xf]);
  }
}

// CPython hands numbers to C functions, for which a NUL ends the text.
std::string_view up_to_nul(std::string_view line) noexcept {
  return line.substr(0, line.find('\0'));
}

}  // namespace

bool parse_int_line(std::string_view line, value_builder& build, value_view& number) {
  const std::string_view text = up_to_nul(line);
  // strtol takes nothing for 0.
  const std::optional<std::int64_t> parsed = text.empty() ? 0 : strtol_base_0(text);
  if (!parsed) return parse_literal(text, build, number);
  const bool is_bool = line.size() == 2 && (*parsed == 0 || *parsed == 1);
  number = is_bool ? value_view::boolean(*parsed != 0) : value_view::integer(*parsed);
  return true;
}

bool parse_long_line(std::string_view line, value_builder& build, value_view& number) {
  if (!line.empty() && line.back() == 'L') line.remove_suffix(1);
  return parse_literal(up_to_nul(line), build, number);
}

pickle_errc parse_float_line(std::string_view line, double& number) {
  line = up_to_nul(line);
  if (!line.empty() && line[0] == '+') {
    line.remove_prefix(1);
    if (!line.empty() && line[0] == '-') return pickle_errc::bad_operand;
  }
  if (line.find('(') != std::string_view::npos) return pickle_errc::bad_operand;
  const char* end = line.data() + line.size();
  const auto parsed = std::from_chars(line.data(), end, number);
  if (parsed.ptr != end || line.empty()) return pickle_errc::bad_operand;
  if (parsed.ec == std::errc()) return pickle_errc();
  // Too small is 0, too large is an OverflowError; the wider type tells which it was.
  long double wide = 0;
  if (std::from_chars(line.data(), end, wide).ec != std::errc()) {
    wide = line.find("e-") != std::string_view::npos ? 0 : HUGE_VALL;
  }
  number = static_cast<double>(wide);
  return std::isfinite(number) ? pickle_errc() : pickle_errc::out_of_range;
}

// The shortest digits that read back, in positional notation from 1e-4 up to below 1e16.
std::string format_float_line(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  const double magnitude = std::fabs(number);
  const bool positional = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  char text[32];
  const auto format = positional ? std::chars_format::fixed : std::chars_format::scientific;
  const auto written = std::to_chars(text, text + sizeof text, number, format);
  std::string line(text, written.ptr);
  if (positional && line.find('.') == std::string::npos) line += ".0";
  return line;
}

pickle_errc parse_index_line(std::string_view line, std::int64_t& index) {
  line = up_to_nul(line);
  const char* end = line.data() + line.size();
  const auto parsed = std::from_chars(line.data(), end, index);
  if (parsed.ec == std::errc() && parsed.ptr == end) return pickle_errc();
  const std::optional<big_integer> number = parse_integer(line, 10);
  if (!number) return pickle_errc::bad_operand;
  if (*number < INT64_MIN || *number > INT64_MAX) return pickle_errc::out_of_range;
  index = static_cast<std::int64_t>(*number);
  return pickle_errc();
}

bool is_quoted_line(std::string_view line) noexcept {
  return line.size() >= 2 && line.front() == line.back() &&
         (line.front() == '\'' || line.front() == '"');
}

bool unescape_string_line(std::string_view line, std::string& bytes) {
  if (!is_quoted_line(line)) return false;
  line.remove_prefix(1);
  line.remove_suffix(1);
  bytes.clear();
  while (!line.empty()) {
    const char c = line[0];
    line.remove_prefix(1);
    if (c != '\\') {
      bytes.push_back(c);
    } else if (!unescape(line, bytes)) {
      return false;
    }
  }
  return true;
}

bool decode_raw_unicode_escape(std::string_view line, std::string& utf8) {
  utf8.clear();
  while (!line.empty()) {
    const auto c = static_cast<unsigned char>(line[0]);
    line.remove_prefix(1);
    const bool escape = c == '\\' && !line.empty() && (line[0] == 'u' || line[0] == 'U');
    if (!escape) {
      append_utf8(utf8, c);
      // The second of two backslashes begins no escape.
      if (c == '\\' && !line.empty() && line[0] == '\\') {
        append_utf8(utf8, '\\');
        line.remove_prefix(1);
      }
      continue;
    }
    const std::size_t digits = line[0] == 'u' ? 4 : 8;
    line.remove_prefix(1);
    char32_t code_point = 0;
    if (!take_hex(line, digits, code_point) || code_point > 0x10ffff) return false;
    append_utf8(utf8, code_point);
  }
  return true;
}

std::string encode_raw_unicode_escape(std::string_view utf8) {
  std::string text;
  text.reserve(utf8.size());
  while (!utf8.empty()) {
    const char32_t c = take_code_point(utf8);
    const bool escaped = c > 0xff || c == '\\' || c == 0 || c == '\n' || c == '\r' || c == 0x1a;
    if (escaped) {
      append_escape(text, c);
    } else {
      text.push_back(static_cast<char>(c));
    }
  }
  return text;
}

string_encoding find_encoding(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == ' ') continue;
    plain.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
  }
  struct spelling {
    std::string_view name;
    string_encoding encoding;
  };
  constexpr std::array spellings{
      spelling{"ascii", string_encoding::ascii},     spelling{"usascii", string_encoding::ascii},
      spelling{"646", string_encoding::ascii},       spelling{"latin1", string_encoding::latin1},
      spelling{"latin", string_encoding::latin1},    spelling{"l1", string_encoding::latin1},
      spelling{"iso88591", string_encoding::latin1}, spelling{"8859", string_encoding::latin1},
      spelling{"utf8", string_encoding::utf8},       spelling{"u8", string_encoding::utf8},
      spelling{"bytes", string_encoding::bytes},
  };
  for (const spelling& known : spellings) {
    if (known.name == plain) return known.encoding;
  }
  return string_encoding::unknown;
}

}  // namespace pickled::inline v0::detail
