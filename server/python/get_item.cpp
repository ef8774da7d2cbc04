// SPDX-License-Identifier: BSL-1.0

#include "frozen/freezer.hpp"
#include "frozen/thaw.hpp"
#include "pickle/value/utf8.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/type_name.hpp"
#include "python/behaviour.hpp"
#include "python/comparison.hpp"
#include "python/raw_array.hpp"
#include "server/python/builtins.hpp"
#include "server/python/subscript.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

// What CPython says of a sequence where the subscript is wrong, or beyond its end.
struct complaints {
  std::string not_an_index;  // may end in "not ", for the type to follow
  std::string_view out_of_range;
};

complaints complaints_of(behaviour behaves, value_view plain, value_view wrong) {
  switch (behaves) {
    case behaviour::list:
      return {"list indices must be integers or slices, not ", "list index out of range"};
    case behaviour::tuple:
      return {"tuple indices must be integers or slices, not ", "tuple index out of range"};
    case behaviour::str:
      return {fmt::format("string indices must be integers, not '{}'", type_name(wrong)),
              "string index out of range"};
    default: break;
  }
  if (plain.is(kind::bytes)) {
    return {"byte indices must be integers or slices, not ", "index out of range"};
  }
  return {"bytearray indices must be integers or slices, not ", "bytearray index out of range"};
}

// A sequence seen as `size` items, each of which `part` can give.
template <class Items, class Part, class Whole>
value_view item_or_slice(const Items& items, const subscript& where, std::string_view out_of_range,
                         Part part, Whole whole) {
  if (!where.is_slice()) return part(items[where.index(items.size(), out_of_range)]);
  const slice_range places = where.range(items.size());
  std::vector<typename Items::value_type> chosen;
  chosen.reserve(places.count);
  for (std::size_t i = 0; i < places.count; ++i)
    chosen.push_back(items[places.place(i)]);
  return whole(chosen);
}

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> result;
  while (!text.empty())
    result.push_back(take_code_point(text));
  return result;
}

value_view get_from_str(std::string_view text, const subscript& where,
                        std::string_view out_of_range, value_builder& build) {
  const auto whole = [&build](const std::vector<char32_t>& chosen) {
    std::string result;
    for (const char32_t c : chosen)
      append_utf8(result, c);
    return build.str(result);
  };
  return item_or_slice(
      code_points(text), where, out_of_range, [&](char32_t c) { return whole({c}); }, whole);
}

value_view get_from_bytes(value_view plain, const subscript& where, std::string_view out_of_range,
                          value_builder& build) {
  const auto whole = [&](const std::vector<std::byte>& chosen) {
    return plain.is(kind::bytes) ? build.bytes(chosen) : build.bytearray(chosen);
  };
  const auto part = [](std::byte b) { return value_view::integer(std::to_integer<int>(b)); };
  return item_or_slice(plain.as_bytes(), where, out_of_range, part, whole);
}

value_view get_from_dict(const face& f, value_view key) {
  comparison run;
  if (const dict_entry* entry = run.table(f).find(key)) return entry->value;
  // A defaultdict would call its factory, which is only a name here.
  if (f.behaves == behaviour::counter) return value_view::integer(0);
  const frozen own = freeze(key);
  throw python_error("KeyError", thaw_tuple({&own, 1}));
}

// What CPython says of an index beyond the end of what is subscripted as its list is; empty of
// anything else.
std::string_view out_of_range_of(value_view v, const face& f) {
  switch (f.behaves) {
    case behaviour::deque: return "deque index out of range";
    case behaviour::array: return "array index out of range";
    case behaviour::range: return "range object index out of range";
    default: return read_raw_array(v) ? "index is out of bounds" : "";
  }
}

}  // namespace

value_view get_item(value_view v, value_view key, arena& where) {
  const face f = str_face_of(v, where);
  if (is_dict_like(f.behaves)) return get_from_dict(f, key);
  const bool sequence = f.behaves == behaviour::list || f.behaves == behaviour::tuple ||
                        f.behaves == behaviour::str || f.behaves == behaviour::bytes;
  if (const std::string_view out_of_range = out_of_range_of(v, f); !out_of_range.empty()) {
    const subscript place(key, "sequence indices must be integers, not ");
    const auto items = builtin_list(v, where).as_items();
    if (place.is_slice())
      throw python_error("TypeError", fmt::format("this server slices no '{}'", type_name(v)));
    return items[place.index(items.size(), out_of_range)];
  }
  if (!sequence) {
    throw python_error("TypeError", std::string_view(fmt::format("'{}' object is not subscriptable",
                                                                 type_name(v))));
  }
  const complaints said = complaints_of(f.behaves, f.value, key);
  const subscript place(key, said.not_an_index);
  value_builder build(where);
  if (f.behaves == behaviour::str) {
    return get_from_str(f.value.as_str(), place, said.out_of_range, build);
  }
  if (f.behaves == behaviour::bytes)
    return get_from_bytes(f.value, place, said.out_of_range, build);
  comparison run;
  return item_or_slice(
      run.items(f), place, said.out_of_range, [](value_view item) { return item; },
      [&](const std::vector<value_view>& chosen) {
        return f.behaves == behaviour::list ? build.list(chosen) : build.tuple(chosen);
      });
}

}  // namespace pickled::inline v0::detail
