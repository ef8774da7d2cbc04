// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/pickling.hpp"
#include "pickle/codec/scalar.hpp"
#include "pickle/codec/text_operand.hpp"
#include "pickle/value/utf8.hpp"
#include "pickled/value/big_integer.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace pickled::inline v0::detail {

namespace {

constexpr global_name encode{"_codecs", "encode"};
constexpr global_name bytes_class{"builtins", "bytes"};
constexpr global_name bytearray_class{"builtins", "bytearray"};
constexpr global_name complex_class{"builtins", "complex"};

bool fits_32_bits(std::int64_t number) noexcept {
  return number >= std::numeric_limits<std::int32_t>::min() &&
         number <= std::numeric_limits<std::int32_t>::max();
}

}  // namespace

void pickling::save_bool(bool b) {
  if (protocol_ >= 2) {
    out_.write(b ? opcode::newtrue : opcode::newfalse);
  } else {
    out_.write_line(opcode::int_, b ? "01" : "00");
  }
}

void pickling::save_int(std::int64_t number) {
  const bool small = fits_32_bits(number);
  if (protocol_ >= 2 || (protocol_ == 1 && small)) {
    out_.commit(write_integer(out_.prepare(longest_integer), number));
  } else if (small) {
    out_.write_line(opcode::int_, std::to_string(number));
  } else {
    out_.write_line(opcode::long_, std::to_string(number) + "L");
  }
}

void pickling::save_long(value_view v) {
  const bytes_view bytes = v.as_bytes();
  if (protocol_ < 2) {
    // A digit takes less than 3.322 bits; to count those of a longer int would take quadratic time.
    constexpr std::size_t most_bytes = max_decimal_digits * 3322 / 8000 + 2;
    const std::string digits = bytes.size() > most_bytes ? std::string() : decimal(v);
    if (digits.empty() || digits.size() > max_decimal_digits + (digits[0] == '-' ? 1 : 0)) {
      throw pickling_error("an int has too many digits for protocols 0 and 1");
    }
    return out_.write_line(opcode::long_, digits + "L");
  }
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw pickling_error("an int is too large to pickle");
  }
  std::byte header[5];
  const std::size_t width = bytes.size() <= 0xff ? 1 : 4;
  header[0] = static_cast<std::byte>(width == 1 ? opcode::long1 : opcode::long4);
  store_little_endian(header + 1, bytes.size(), width);
  out_.write_counted({header, 1 + width}, bytes);
}

void pickling::save_float(double number) {
  opaque_equality_ |= std::isnan(number);
  if (protocol_ >= 1) {
    out_.commit(write_real(out_.prepare(9), number));
  } else {
    out_.write_line(opcode::float_, format_float_line(number));
  }
}

void pickling::save_text(std::string_view utf8) {
  if (protocol_ == 0) return out_.write_line(opcode::unicode, encode_raw_unicode_escape(utf8));
  if (protocol_ < 4 && utf8.size() > 0xffffffff) {
    throw pickling_error("a str above 4 GiB needs protocol 4");
  }
  std::byte header[longest_header];
  std::size_t size = 5;
  if (protocol_ >= 4) {
    size = write_characters_header(header, str_opcodes, utf8.size());
  } else {
    header[0] = static_cast<std::byte>(opcode::binunicode);
    store_little_endian(header + 1, utf8.size(), 4);
  }
  out_.write_counted({header, size}, as_bytes(utf8));
}

void pickling::save_str(value_view v) {
  const bool is_tracked = tracked(v);
  if (is_tracked && fetch(identity_of(v))) return;
  save_text(v.as_str());
  memoise(v, is_tracked);
}

void pickling::save_bytes(value_view v) {
  if (fetch(v)) return;
  save_bytes_data(v.as_bytes());
  memoise(v);
}

// Below protocol 3 bytes are the str of the same code points, encoded by the reader.
void pickling::save_bytes_data(bytes_view data) {
  if (protocol_ >= 3) {
    if (protocol_ == 3 && data.size() > 0xffffffff) {
      throw pickling_error("bytes above 4 GiB need protocol 4");
    }
    std::byte header[longest_header];
    const std::size_t size = write_characters_header(header, bytes_opcodes, data.size());
    return out_.write_counted({header, size}, data);
  }
  if (data.empty()) {
    save_global(bytes_class, &bytes_class);
    open_empty(opcode::empty_tuple, opcode::tuple);
  } else {
    save_global(encode, &encode);
    open_arguments();
    save_text(latin1_to_utf8(as_text(data)));
    memoise_unnamed();
    save_interned("latin1");
    close_arguments(2);
  }
  out_.write(opcode::reduce);
}

void pickling::save_bytearray(value_view v) {
  if (fetch(v)) return;
  save_bytearray_data(v.as_bytes());
  memoise(v);
}

void pickling::save_bytearray_data(bytes_view data) {
  if (protocol_ >= 5) {
    uses_protocol_5_ = true;
    std::byte header[longest_header];
    header[0] = static_cast<std::byte>(opcode::bytearray8);
    store_little_endian(header + 1, data.size(), 8);
    return out_.write_counted(header, data);
  }
  save_global(bytearray_class, &bytearray_class);
  if (data.empty()) {
    open_empty(opcode::empty_tuple, opcode::tuple);
  } else {
    open_arguments();
    out_.boundary();
    save_bytes_data(data);
    memoise_unnamed();
    close_arguments(1);
  }
  out_.write(opcode::reduce);
}

void pickling::save_complex(value_view v) {
  if (fetch(v)) return;
  const complex_number number = v.as_complex();
  save_global(complex_class, &complex_class);
  open_arguments();
  save_float(number.real);
  save_float(number.imag);
  close_arguments(2);
  out_.write(opcode::reduce);
  memoise(v);
}

void pickling::save_buffer(value_view v) {
  if (fetch(v)) return;
  const buffer_reference& reference = v.as_buffer();
  if (protocol_ >= 5 && reference.index == buffer_reference::in_band) {
    save_bytearray_data(reference.content);
    out_.write(opcode::readonly_buffer);
    memoise(v);
    return;
  }
  if (protocol_ >= 5 && options_.buffer_callback && options_.buffer_callback(reference)) {
    out_.write(opcode::next_buffer);
    if (reference.readonly) out_.write(opcode::readonly_buffer);
    if (!options_.like_cpython) memoise(v);
    return;
  }
  if (reference.readonly) {
    save_bytes_data(reference.content);
  } else {
    save_bytearray_data(reference.content);
  }
  memoise(v);
}

}  // namespace pickled::inline v0::detail
