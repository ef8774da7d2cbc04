// SPDX-License-Identifier: BSL-1.0

#include "python/text.hpp"

#include "pickle/value/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>

namespace pickled::inline v0::detail {
namespace {

struct code_point_range {
  char32_t first;
  char32_t last;
};

#include "python/printable.inc"

// str.isprintable of one character above ASCII.
bool is_printable(char32_t c) {
  const auto* after = std::ranges::upper_bound(printable_ranges, c, {}, &code_point_range::first);
  return after != std::begin(printable_ranges) && c <= std::prev(after)->last;
}

// The double quote only where it saves escaping the single one.
char quote_for(std::string_view text) {
  const bool single = text.find('\'') != text.npos;
  return single && text.find('"') == text.npos ? '"' : '\'';
}

// An ASCII character between quotes.
void append_ascii(char c, char quote, std::string& out) {
  switch (c) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (c == quote || c == '\\') {
    out += '\\';
    out += c;
  } else if (c < 0x20 || c == 0x7f) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", c);
  } else {
    out += c;
  }
}

void append_escaped(char32_t c, std::string& out) {
  const auto code = static_cast<std::uint32_t>(c);
  if (code <= 0xff) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", code);
  } else if (code <= 0xffff) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
  } else {
    fmt::format_to(std::back_inserter(out), "\\U{:08x}", code);
  }
}

void append_quoted(bytes_view bytes, char quote, char escaped, std::size_t limit,
                   std::string& out) {
  out += 'b';
  out += quote;
  for (const char c : as_text(bytes)) {
    if (out.size() >= limit) break;
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      append_ascii(c, escaped, out);
    } else {
      append_escaped(byte, out);
    }
  }
  out += quote;
}

// The digits of a number and the power of ten of the first one.
struct shortest {
  std::string digits;
  int exponent = 0;
};

shortest shortest_of(double magnitude) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), magnitude,
                                 std::chars_format::scientific)
                       .ptr;
  const char* const first = text.data();
  const char* e = std::find(first, static_cast<const char*>(end), 'e');
  shortest result;
  std::copy_if(first, e, std::back_inserter(result.digits), [](char c) { return c != '.'; });
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, result.exponent);
  return result;
}

}  // namespace

void append_str(std::string_view text, std::size_t limit, std::string& out) {
  const char quote = quote_for(text);
  // Growing by doubling would take twice as much memory as the text, and once more as it moves.
  const std::size_t room = limit - std::min(limit, out.size());
  out.reserve(out.size() + std::min(text.size(), room) + 2);
  out += quote;
  while (!text.empty() && out.size() < limit) {
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      append_ascii(text.front(), quote, out);
      text.remove_prefix(1);
      continue;
    }
    const char32_t c = take_code_point(text);
    if (is_printable(c)) {
      append_utf8(out, c);
    } else {
      append_escaped(c, out);
    }
  }
  out += quote;
}

void append_bytes(bytes_view bytes, std::size_t limit, std::string& out) {
  const char quote = quote_for(as_text(bytes));
  append_quoted(bytes, quote, quote, limit, out);
}

// Unlike bytes it escapes a single quote between double ones, too.
void append_bytearray(bytes_view bytes, std::size_t limit, std::string& out) {
  out += "bytearray(";
  append_quoted(bytes, quote_for(as_text(bytes)), '\'', limit, out);
  out += ')';
}

void append_real(double number, bool bare, std::string& out) {
  if (std::isnan(number)) {
    out += "nan";
    return;
  }
  if (std::signbit(number)) out += '-';
  if (std::isinf(number)) {
    out += "inf";
    return;
  }
  const shortest s = shortest_of(std::abs(number));
  const auto size = static_cast<int>(s.digits.size());
  if (s.exponent < -4 || s.exponent >= 16) {
    out += s.digits.front();
    if (size > 1) out.append(".").append(s.digits, 1);
    fmt::format_to(std::back_inserter(out), "e{:+03}", s.exponent);
  } else if (s.exponent < 0) {
    out.append("0.").append(static_cast<std::size_t>(-s.exponent - 1), '0').append(s.digits);
  } else if (size > s.exponent + 1) {
    const auto whole = static_cast<std::size_t>(s.exponent + 1);
    out.append(s.digits, 0, whole).append(".").append(s.digits, whole);
  } else {
    out.append(s.digits).append(static_cast<std::size_t>(s.exponent + 1 - size), '0');
    if (!bare) out += ".0";
  }
}

void append_complex(complex_number number, std::string& out) {
  const bool imaginary_only = number.real == 0 && !std::signbit(number.real);
  if (!imaginary_only) {
    out += '(';
    append_real(number.real, true, out);
    if (std::isnan(number.imag) || !std::signbit(number.imag)) out += '+';
  }
  append_real(number.imag, true, out);
  out += imaginary_only ? "j" : "j)";
}

}  // namespace pickled::inline v0::detail
