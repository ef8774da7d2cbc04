// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/operand.hpp"

#include "pickle/codec/scalar.hpp"
#include "pickle/codec/text_operand.hpp"
#include "pickle/value/utf8.hpp"
#include "pickled/value/error.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

namespace {

std::error_code make_str(std::string_view text, value_builder& build, value_view& operand) {
  if (!is_utf8(text)) return pickle_errc::bad_utf8;
  operand = build.str(text);
  return {};
}

}  // namespace

std::error_code operand_of(const instruction& of, value_builder& build, value_view& operand) {
  const bytes_view content = of.content;
  const std::string_view line = of.lines[0];
  const auto number = [&] { return load_little_endian(content.data(), content.size()); };
  std::string text;
  double real = 0;
  switch (of.info->argument) {
    case argument::none: return {};
    case argument::uint1:
    case argument::uint2:
    case argument::uint4:
      operand = value_view::integer(static_cast<std::int64_t>(number()));
      return {};
    case argument::int4:
      operand = value_view::integer(static_cast<std::int32_t>(number()));
      return {};
    case argument::float8:
      operand = value_view::real(std::bit_cast<double>(__builtin_bswap64(number())));
      return {};
    case argument::uint8:
    case argument::long1:
    case argument::long4: operand = build.integer(content); return {};
    case argument::string1:
    case argument::string4: operand = build.str(latin1_to_utf8(as_text(content))); return {};
    case argument::bytes1:
    case argument::bytes4:
    case argument::bytes8: operand = build.bytes(content); return {};
    case argument::bytearray8: operand = build.bytearray(content); return {};
    case argument::unicodestring1:
    case argument::unicodestring4:
    case argument::unicodestring8: return make_str(as_text(content), build, operand);
    case argument::decimalnl_short:
      return parse_int_line(line, build, operand) ? std::error_code{} : pickle_errc::bad_operand;
    case argument::decimalnl_long:
      return parse_long_line(line, build, operand) ? std::error_code{} : pickle_errc::bad_operand;
    case argument::floatnl:
      // Infinite where it is out of range.
      if (parse_float_line(line, real) == pickle_errc::bad_operand) return pickle_errc::bad_operand;
      operand = value_view::real(real);
      return {};
    case argument::stringnl:
      if (!unescape_string_line(line, text)) return pickle_errc::bad_operand;
      operand = build.str(latin1_to_utf8(text));
      return {};
    case argument::unicodestringnl:
      if (!decode_raw_unicode_escape(line, text)) return pickle_errc::bad_utf8;
      operand = build.str(text);
      return {};
    case argument::stringnl_noescape: return make_str(line, build, operand);
    // Shown as one text with a blank between.
    case argument::stringnl_noescape_pair:
      return make_str(fmt::format("{} {}", line, of.lines[1]), build, operand);
  }
  return {};
}

}  // namespace pickled::inline v0::detail
