// SPDX-License-Identifier: BSL-1.0

#include "files/npy_header.hpp"

#include "files/literal.hpp"
#include "pickle/value/utf8.hpp"
#include "pickled/files/file_error.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace pickled::inline v0::detail {
namespace {

using construction = instance_node::construction;
using change = instance_node::change;

constexpr std::string_view npy_magic = "\x93NUMPY";
constexpr std::size_t longest_npy_header = std::size_t{1} << 20;

[[noreturn]] void fail_npy(file_errc code, std::string_view what) {
  throw file_error(code, fmt::format(".npy header: {}", what));
}

// "<f8", "|S3", "<U5", "<M8[ns]", "|O" and nothing else.
struct type_string {
  char order;
  char letter;
  std::size_t number;     // 8 of f8, 0 of O
  std::string_view unit;  // of M8[ns]
};

std::optional<type_string> parse_type_string(std::string_view text) {
  constexpr std::string_view letters = "biufcSUVMmO";
  if (text.size() < 2 || (text[0] != '<' && text[0] != '>' && text[0] != '|' && text[0] != '='))
    return std::nullopt;
  type_string type{text[0], text[1], 0, {}};
  if (letters.find(type.letter) == letters.npos) return std::nullopt;
  const char* const end = text.data() + text.size();
  const auto number = std::from_chars(text.data() + 2, end, type.number);
  std::string_view rest(number.ptr, static_cast<std::size_t>(end - number.ptr));
  if (type.letter == 'O') return rest.empty() ? std::optional(type) : std::nullopt;
  if (number.ec != std::errc()) return std::nullopt;
  if ((type.letter == 'M' || type.letter == 'm') && rest.size() > 2 && rest.front() == '[' &&
      rest.back() == ']') {
    type.unit = rest.substr(1, rest.size() - 2);
    rest = {};
  }
  const std::size_t n = type.number;
  const bool known = type.letter == 'b' ? n == 1
                     : type.letter == 'i' || type.letter == 'u'
                         ? n == 1 || n == 2 || n == 4 || n == 8
                     : type.letter == 'f' ? n == 2 || n == 4 || n == 8 || n == 16
                     : type.letter == 'c' ? n == 8 || n == 16 || n == 32
                     : type.letter == 'M' || type.letter == 'm' ? n == 8
                                                                : n < std::size_t{1} << 31;
  return known && rest.empty() ? std::optional(type) : std::nullopt;
}

std::size_t item_size_of(const type_string& type) {
  if (type.letter == 'O') return sizeof(void*);
  return type.letter == 'U' ? 4 * type.number : type.number;
}

value_view make_dtype(std::string_view letters, std::span<const value_view> state,
                      value_builder& build) {
  const value_view args[] = {build.str(letters), value_view::boolean(false),
                             value_view::boolean(true)};
  const value_view dtype =
      build.instance(construction::reduce, build.global("numpy", "dtype"), build.tuple(args));
  build.change(dtype, {change::action::build, build.tuple(state), {}});
  return dtype;
}

// ({}, (b'ns', 1, 1, 1)); of 25 seconds, "25s", (b's', 25, 1, 1).
value_view metadata_of(std::string_view unit, value_builder& build) {
  std::int64_t count = 1;
  const auto number = std::from_chars(unit.data(), unit.data() + unit.size(), count);
  unit.remove_prefix(static_cast<std::size_t>(number.ptr - unit.data()));
  const value_view parts[] = {build.bytes(as_bytes(unit.empty() ? "generic" : unit)),
                              value_view::integer(count), value_view::integer(1),
                              value_view::integer(1)};
  const value_view both[] = {build.dict(), build.tuple(parts)};
  return build.tuple(both);
}

dtype_description plain_dtype(const type_string& type, value_builder& build) {
  const bool is_time = type.letter == 'M' || type.letter == 'm';
  const std::size_t size = item_size_of(type);
  const bool flexible = type.letter == 'S' || type.letter == 'U' || type.letter == 'V';
  const char order = type.letter == 'S' || type.letter == 'V' || size == 1 || type.letter == 'O'
                         ? '|'
                     : type.order == '>' ? '>'
                                         : '<';
  std::vector<value_view> state{
      value_view::integer(is_time ? 4 : 3), build.str({&order, 1}), {}, {}, {}};
  const std::int64_t alignment = type.letter == 'U' ? 4 : 1;
  state.push_back(value_view::integer(flexible ? static_cast<std::int64_t>(size) : -1));
  state.push_back(value_view::integer(flexible ? alignment : -1));
  state.push_back(value_view::integer(type.letter == 'U' ? 8 : type.letter == 'O' ? 63 : 0));
  if (is_time) state.push_back(metadata_of(type.unit, build));
  std::string letters(1, type.letter);
  letters += type.letter == 'O' ? "8" : std::to_string(type.number);
  return {make_dtype(letters, state, build), size, type.letter == 'O'};
}

void add_size(std::size_t& to, std::size_t size) {
  if (__builtin_add_overflow(to, size, &to) || to >> 31 != 0)
    fail_npy(file_errc::too_large, "an item is too large");
}

dtype_description read_descr(value_view descr, value_builder& build, int depth);

std::vector<std::size_t> read_lengths(value_view lengths) {
  std::vector<std::size_t> shape;
  if (!lengths.is(kind::tuple)) fail_npy(file_errc::malformed, "a shape is no tuple");
  for (const value_view length : lengths.as_items()) {
    if (!length.is(kind::integer) || length.as_integer() < 0)
      fail_npy(file_errc::malformed, "a shape is no tuple of lengths");
    shape.push_back(static_cast<std::size_t>(length.as_integer()));
  }
  return shape;
}

// (name, descr) or (name, descr, shape) of one field.
dtype_description read_field(std::span<const value_view> field, value_builder& build, int depth) {
  dtype_description base = read_descr(field[1], build, depth);
  if (field.size() == 2) return base;
  const std::size_t bytes = bytes_of_items(read_lengths(field[2]), base.item_size);
  if (bytes >> 31 != 0) fail_npy(file_errc::too_large, "an item is too large");
  const value_view sub[] = {base.dtype, field[2]};
  const value_view state[] = {value_view::integer(3),
                              build.str("|"),
                              build.tuple(sub),
                              {},
                              {},
                              value_view::integer(static_cast<std::int64_t>(bytes)),
                              value_view::integer(1),
                              value_view::integer(0)};
  return {make_dtype(fmt::format("V{}", bytes), state, build), bytes, base.has_objects};
}

dtype_description structured_dtype(value_view descr, value_builder& build, int depth) {
  dtype_description all;
  std::vector<value_view> names;
  std::vector<dict_entry> fields;
  for (const value_view part : descr.as_items()) {
    const bool is_field = part.is(kind::tuple) && part.size() >= 2 && part.size() <= 3;
    if (!is_field) fail_npy(file_errc::malformed, "a field of the dtype is none");
    const auto field = part.as_items();
    // (title, name) of a field that has a title.
    const bool titled = field[0].is(kind::tuple) && field[0].size() == 2;
    const value_view name = titled ? field[0].as_items()[1] : field[0];
    if (!name.is(kind::str)) fail_npy(file_errc::malformed, "a field of the dtype has no name");
    const dtype_description type = read_field(field, build, depth);
    const value_view place[] = {type.dtype,
                                value_view::integer(static_cast<std::int64_t>(all.item_size))};
    add_size(all.item_size, type.item_size);
    all.has_objects = all.has_objects || type.has_objects;
    if (name.as_str().empty()) continue;  // padding
    names.push_back(name);
    fields.push_back({name, build.tuple(place)});
  }
  const value_view state[] = {value_view::integer(3),
                              build.str("|"),
                              {},
                              build.tuple(names),
                              build.dict(fields),
                              value_view::integer(static_cast<std::int64_t>(all.item_size)),
                              value_view::integer(1),
                              value_view::integer(all.has_objects ? 27 : 16)};
  all.dtype = make_dtype(fmt::format("V{}", all.item_size), state, build);
  return all;
}

dtype_description read_descr(value_view descr, value_builder& build, int depth) {
  if (depth > 32) fail_npy(file_errc::malformed, "the dtype is nested too deeply");
  if (descr.is(kind::list)) return structured_dtype(descr, build, depth + 1);
  if (descr.is(kind::tuple) && descr.size() == 2) {
    const value_view field[] = {{}, descr.as_items()[0], descr.as_items()[1]};
    return read_field(field, build, depth + 1);
  }
  const auto type = descr.is(kind::str) ? parse_type_string(descr.as_str()) : std::nullopt;
  if (!type) fail_npy(file_errc::unsupported, "the dtype is none that is known");
  return plain_dtype(*type, build);
}

// The text of the header; `size` tells where it ends.
std::string_view text_of_header(bytes_view content, std::size_t& size) {
  if (!begins_as_npy(content)) fail_npy(file_errc::other_format, "it does not begin as one");
  if (content.size() < npy_magic.size() + 2) fail_npy(file_errc::truncated, "it is cut off");
  const auto major = static_cast<unsigned>(content[npy_magic.size()]);
  if (major < 1 || major > 3 || content[npy_magic.size() + 1] != std::byte{0})
    fail_npy(file_errc::unsupported, "it has another version than 1.0, 2.0 or 3.0");
  const std::size_t begin = npy_magic.size() + 2;
  const std::size_t width = major == 1 ? 2 : 4;
  std::uint32_t length = 0;
  if (content.size() - begin < width) fail_npy(file_errc::truncated, "it is cut off");
  std::memcpy(&length, content.data() + begin, width);
  if (length > longest_npy_header) fail_npy(file_errc::too_large, "it is longer than 1 MiB");
  if (content.size() - begin - width < length) fail_npy(file_errc::truncated, "it is cut off");
  size = begin + width + length;
  return as_text(content.subspan(begin + width, length));
}

}  // namespace

bool begins_as_npy(bytes_view content) noexcept {
  return as_text(content).starts_with(npy_magic);
}

std::size_t bytes_of_items(const std::vector<std::size_t>& shape, std::size_t item_size) {
  std::size_t bytes = item_size;
  bool overflow = false;
  bool empty = false;
  for (const std::size_t length : shape) {
    empty = empty || length == 0;
    overflow = __builtin_mul_overflow(bytes, length, &bytes) || overflow;
  }
  if (empty) return 0;
  if (overflow || bytes >> 62 != 0)
    throw file_error(file_errc::too_large, "an array has more items than fit memory");
  return bytes;
}

npy_header read_npy_header(bytes_view content, value_builder& build) {
  npy_header header;
  std::string text(text_of_header(content, header.size));
  // Of versions 1 and 2 it is Latin-1, and no UTF-8 is written there but by mistake.
  if (!is_utf8(text)) text = latin1_to_utf8(text);
  const auto literal = parse_literal(text, build);
  const bool is_header = literal && literal->is(kind::dict) && literal->size() == 3 &&
                         literal->contains("descr") && literal->contains("fortran_order") &&
                         literal->contains("shape") &&
                         literal->find("fortran_order")->is(kind::boolean);
  if (!is_header) fail_npy(file_errc::malformed, "it is no dict of descr, fortran_order and shape");
  header.lengths = *literal->find("shape");
  header.shape = read_lengths(header.lengths);
  header.fortran = literal->find("fortran_order")->as_bool();
  header.items = read_descr(*literal->find("descr"), build, 0);
  if (!header.items.has_objects)
    header.bytes = bytes_of_items(header.shape, header.items.item_size);
  return header;
}

dtype_description describe_dtype(value_view dtype) {
  const auto fail = [] {
    throw file_error(file_errc::unsupported, "an array has a dtype that is not known");
  };
  if (!dtype.is(kind::instance)) fail();
  const instance_node& call = dtype.as_instance();
  const bool is_dtype = call.callable.is(kind::global) &&
                        call.callable.as_global() == global_name{"numpy", "dtype"} &&
                        call.args.is(kind::tuple) && call.args.size() != 0 &&
                        call.args.as_items()[0].is(kind::str);
  if (!is_dtype) fail();
  const auto type = parse_type_string(fmt::format("|{}", call.args.as_items()[0].as_str()));
  if (!type) fail();
  // The state may give it fields, or another size than its name says: who believes which of them is
  // not decided here.
  for (const change& c : call.changes.view()) {
    const bool plain = c.action == change::action::build && c.first.is(kind::tuple) &&
                       c.first.size() >= 8 && c.first.as_items()[2].is_none() &&
                       c.first.as_items()[3].is_none() && c.first.as_items()[4].is_none();
    if (!plain) fail();
    const value_view size = c.first.as_items()[5];
    const bool same = size.is(kind::integer) &&
                      (size.as_integer() == -1 ||
                       size.as_integer() == static_cast<std::int64_t>(item_size_of(*type)));
    if (!same) fail();
  }
  return {dtype, item_size_of(*type), type->letter == 'O'};
}

value_view array_of_bytes(const dtype_description& items, value_view lengths, bool fortran,
                          bytes_view content, value_builder& build) {
  const value_view args[] = {build.buffer({content, buffer_reference::in_band, true}), items.dtype,
                             lengths, build.str(fortran ? "F" : "C")};
  return build.instance(construction::reduce, build.global("numpy.core.numeric", "_frombuffer"),
                        build.tuple(args));
}

}  // namespace pickled::inline v0::detail
