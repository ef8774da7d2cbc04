#include "pickle/codec/operand.hpp"

#include "pickle/codec/text_operand.hpp"
#include "pickle/value/error.hpp"
#include "pickle/value/utf8.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace pickled {

namespace {

template <class Integer>
std::error_code read_integer(reader& in, value_view& operand) {
  Integer number;
  if (!in.read(number)) return pickle_errc::truncated;
  operand = value_view::integer(static_cast<std::int64_t>(number));
  return {};
}

// A length and as many bytes.
template <class Length>
std::error_code read_counted(reader& in, bytes_view& content) {
  Length length;
  if (!in.read(length)) return pickle_errc::truncated;
  if (std::is_signed_v<Length> && length < Length{0}) return pickle_errc::bad_length;
  if (!in.read(static_cast<std::uint64_t>(length), content)) return pickle_errc::truncated;
  return {};
}

template <class Length>
std::error_code read_unicode(reader& in, value_builder& build, value_view& operand) {
  bytes_view content;
  if (const std::error_code ec = read_counted<Length>(in, content)) return ec;
  if (!is_utf8(as_text(content))) return pickle_errc::bad_utf8;
  operand = build.str(as_text(content));
  return {};
}

template <class Length>
std::error_code read_latin1(reader& in, value_builder& build, value_view& operand) {
  bytes_view content;
  if (const std::error_code ec = read_counted<Length>(in, content)) return ec;
  operand = build.str(latin1_to_utf8(as_text(content)));
  return {};
}

template <class Length>
std::error_code read_bytes(reader& in, value_builder& build, value_view& operand) {
  bytes_view content;
  if (const std::error_code ec = read_counted<Length>(in, content)) return ec;
  operand = build.bytes(content);
  return {};
}

template <class Length>
std::error_code read_long(reader& in, value_builder& build, value_view& operand) {
  bytes_view content;
  if (const std::error_code ec = read_counted<Length>(in, content)) return ec;
  operand = build.integer(content);
  return {};
}

std::error_code read_text(argument kind, std::string_view line, value_builder& build,
                          value_view& operand) {
  std::string text;
  double number = 0;
  switch (kind) {
    case argument::decimalnl_short:
      return parse_int_line(line, build, operand) ? std::error_code{} : pickle_errc::bad_operand;
    case argument::decimalnl_long:
      return parse_long_line(line, build, operand) ? std::error_code{} : pickle_errc::bad_operand;
    case argument::floatnl:
      // Infinite where it is out of range.
      if (parse_float_line(line, number) == pickle_errc::bad_operand)
        return pickle_errc::bad_operand;
      operand = value_view::real(number);
      return {};
    case argument::stringnl:
      if (!unescape_string_line(line, text)) return pickle_errc::bad_operand;
      operand = build.str(latin1_to_utf8(text));
      return {};
    case argument::unicodestringnl:
      if (!decode_raw_unicode_escape(line, text)) return pickle_errc::bad_utf8;
      operand = build.str(text);
      return {};
    default:
      if (!is_utf8(line)) return pickle_errc::bad_utf8;
      operand = build.str(line);
      return {};
  }
}

// Module and name on two lines; shown as one text with a blank between.
std::error_code read_pair(reader& in, value_builder& build, value_view& operand) {
  std::string_view module;
  std::string_view name;
  if (!in.read_line(module) || !in.read_line(name)) return pickle_errc::truncated;
  if (!is_utf8(module) || !is_utf8(name)) return pickle_errc::bad_utf8;
  operand = build.str(fmt::format("{} {}", module, name));
  return {};
}

}  // namespace

std::error_code read_operand(reader& in, const opcode_info& code, value_builder& build,
                             value_view& operand) {
  bytes_view content;
  double number = 0;
  std::string_view line;
  switch (code.argument) {
    case argument::none: return {};
    case argument::uint1: return read_integer<std::uint8_t>(in, operand);
    case argument::uint2: return read_integer<std::uint16_t>(in, operand);
    case argument::int4: return read_integer<std::int32_t>(in, operand);
    case argument::uint4: return read_integer<std::uint32_t>(in, operand);
    case argument::uint8:
      if (!in.read(8, content)) return pickle_errc::truncated;
      operand = build.integer(content);
      return {};
    case argument::float8:
      if (!in.read_double(number)) return pickle_errc::truncated;
      operand = value_view::real(number);
      return {};
    case argument::long1: return read_long<std::uint8_t>(in, build, operand);
    case argument::long4: return read_long<std::int32_t>(in, build, operand);
    case argument::string1: return read_latin1<std::uint8_t>(in, build, operand);
    case argument::string4: return read_latin1<std::int32_t>(in, build, operand);
    case argument::bytes1: return read_bytes<std::uint8_t>(in, build, operand);
    case argument::bytes4: return read_bytes<std::uint32_t>(in, build, operand);
    case argument::bytes8: return read_bytes<std::uint64_t>(in, build, operand);
    case argument::bytearray8:
      if (const std::error_code ec = read_counted<std::uint64_t>(in, content)) return ec;
      operand = build.bytearray(content);
      return {};
    case argument::unicodestring1: return read_unicode<std::uint8_t>(in, build, operand);
    case argument::unicodestring4: return read_unicode<std::uint32_t>(in, build, operand);
    case argument::unicodestring8: return read_unicode<std::uint64_t>(in, build, operand);
    case argument::stringnl_noescape_pair: return read_pair(in, build, operand);
    default:
      if (!in.read_line(line)) return pickle_errc::truncated;
      return read_text(code.argument, line, build, operand);
  }
}

}  // namespace pickled
