// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/unpickling.hpp"
#include "pickle/value/utf8.hpp"

#include <string>

namespace pickled::inline v0::detail {

pickle_errc unpickling::read_line(std::string_view& line) {
  return in_.read_line(line) && !line.empty() ? done : pickle_errc::truncated;
}

pickle_errc unpickling::load_int() {
  std::string_view line;
  value_view number;
  if (const pickle_errc e = read_line(line); e != done) return e;
  if (!parse_int_line(line, build_, number)) return pickle_errc::bad_operand;
  return push(number);
}

pickle_errc unpickling::load_long_text() {
  std::string_view line;
  value_view number;
  if (const pickle_errc e = read_line(line); e != done) return e;
  if (!parse_long_line(line, build_, number)) return pickle_errc::bad_operand;
  return push(number);
}

pickle_errc unpickling::load_float() {
  std::string_view line;
  double number = 0;
  if (const pickle_errc e = read_line(line); e != done) return e;
  if (const pickle_errc e = parse_float_line(line, number); e != done) return e;
  return push(value_view::real(number));
}

pickle_errc unpickling::load_string() {
  std::string_view line;
  std::string bytes;
  if (!in_.read_line(line)) return pickle_errc::truncated;
  if (!is_quoted_line(line)) return pickle_errc::not_quoted;
  if (!unescape_string_line(line, bytes)) return pickle_errc::bad_operand;
  return push_python2_string(bytes);
}

pickle_errc unpickling::load_unicode() {
  std::string_view line;
  std::string text;
  if (!in_.read_line(line)) return pickle_errc::truncated;
  if (!decode_raw_unicode_escape(line, text)) return pickle_errc::bad_utf8;
  return push(build_.str(text));
}

pickle_errc unpickling::push_python2_string(std::string_view bytes) {
  switch (encoding_) {
    case string_encoding::ascii:
      return is_ascii(bytes) ? push(build_.str(bytes)) : pickle_errc::bad_encoding;
    case string_encoding::utf8:
      return is_utf8(bytes) ? push(build_.str(bytes)) : pickle_errc::bad_encoding;
    case string_encoding::latin1: return push(build_.str(latin1_to_utf8(bytes)));
    case string_encoding::bytes: return push(build_.bytes(as_bytes(bytes)));
    case string_encoding::unknown: break;
  }
  return pickle_errc::bad_encoding;
}

pickle_errc unpickling::load_get() {
  std::string_view line;
  std::int64_t index = 0;
  if (const pickle_errc e = read_line(line); e != done) return e;
  if (const pickle_errc e = parse_index_line(line, index); e != done) return e;
  return index < 0 ? pickle_errc::memo_missing : get(static_cast<std::uint64_t>(index));
}

pickle_errc unpickling::load_put() {
  std::string_view line;
  std::int64_t index = 0;
  if (const pickle_errc e = read_line(line); e != done) return e;
  if (stack_.reachable() == 0) return stack_.underflow();
  if (const pickle_errc e = parse_index_line(line, index); e != done) return e;
  return index < 0 ? pickle_errc::bad_operand : put(static_cast<std::uint64_t>(index));
}

}  // namespace pickled::inline v0::detail
