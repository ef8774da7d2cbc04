// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/text.hpp"

#include "pickle/value/utf8.hpp"
#include "pickled/convert/native.hpp"
#include "python/behaviour.hpp"
#include "python/path.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pickled::inline v0::detail {
namespace {

// Python's surrogateescape: the byte 0x80 + n of a name that is no UTF-8 is U+DC80 + n.
constexpr char32_t first_escape = 0xdc80;
constexpr char32_t last_escape = 0xdcff;

bool is_surrogate(char32_t code_point) {
  return code_point >= 0xd800 && code_point <= 0xdfff;
}

std::size_t sequence_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

std::string escape_bytes(std::string_view name) {
  std::string result;
  while (!name.empty()) {
    const std::string_view sequence = name.substr(0, sequence_length(name[0]));
    std::string_view rest = sequence;
    if (is_utf8(sequence) && !is_surrogate(take_code_point(rest))) {
      result += sequence;
      name.remove_prefix(sequence.size());
    } else {
      append_utf8(result, first_escape + (static_cast<unsigned char>(name[0]) - 0x80u));
      name.remove_prefix(1);
    }
  }
  return result;
}

std::string unescape_bytes(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t code_point = take_code_point(text);
    if (!is_surrogate(code_point)) {
      result += before.substr(0, before.size() - text.size());
    } else if (code_point >= first_escape && code_point <= last_escape) {
      result += static_cast<char>(code_point - first_escape + 0x80);
    } else {
      throw conversion_error("a path", "str with a lone surrogate");
    }
  }
  return result;
}

// pathlib.Path and PurePath are what C++ programs write; CPython itself pickles the class that was
// chosen for the platform.
bool is_path(value_view v) {
  if (!v.is(kind::instance)) return false;
  if (face_of(v).behaves == behaviour::path) return true;
  const instance_node& call = v.as_instance();
  if (call.how != instance_node::construction::reduce || !call.callable.is(kind::global) ||
      !call.args.is(kind::tuple)) {
    return false;
  }
  const global_name name = call.callable.as_global();
  const auto args = call.args.as_items();
  return name.module == "pathlib" && (name.name == "Path" || name.name == "PurePath") &&
         std::all_of(args.begin(), args.end(), [](value_view a) { return a.is(kind::str); });
}

}  // namespace

value_view write_text(std::string_view text, value_builder& b) {
  if (!is_utf8(text)) throw conversion_error("text in UTF-8", "other bytes");
  return b.str(text);
}

void copy_bytes(value_view v, std::span<std::byte> to) {
  bytes_view bytes;
  from_value(v, bytes);
  if (bytes.size() != to.size()) {
    throw conversion_error(fmt::format("{} bytes", to.size()), fmt::format("{}", bytes.size()));
  }
  std::copy(bytes.begin(), bytes.end(), to.begin());
}

value_view write_path(std::string_view name, value_builder& b) {
  const value_view text = b.str(escape_bytes(name));
  return b.instance(instance_node::construction::reduce, b.global("pathlib", "Path"),
                    b.tuple({&text, 1}));
}

std::string read_path(value_view v) {
  if (is_path(v)) return unescape_bytes(path_text(v.as_instance()));
  if (v.is(kind::str)) return unescape_bytes(v.as_str());
  throw conversion_error("a path", v);
}

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

void from_value(value_view v, std::string_view& to) {
  number_room room;
  const value_view native = detail::native_scalar(v, room);
  if (!native.is(kind::str)) throw conversion_error("str", v);
  to = native.as_str();
}

void from_value(value_view v, std::string& to) {
  std::string_view text;
  from_value(v, text);
  to = text;
}

void from_value(value_view v, bytes_view& to) {
  number_room room;
  const value_view native = detail::native_scalar(v, room);
  if (native.is(kind::buffer)) {
    to = native.as_buffer().content;
  } else if (native.is(kind::bytes) || native.is(kind::bytearray)) {
    to = native.as_bytes();
  } else {
    throw conversion_error("bytes", v);
  }
}

void from_value(value_view v, std::vector<std::byte>& to) {
  bytes_view bytes;
  from_value(v, bytes);
  to.assign(bytes.begin(), bytes.end());
}

void from_value(value_view v, buffer& to) {
  bytes_view bytes;
  from_value(v, bytes);
  to = buffer(bytes);
}

PICKLED_END_NAMESPACE
