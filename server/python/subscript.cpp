// SPDX-License-Identifier: BSL-1.0

#include "server/python/subscript.hpp"

#include "frozen/thaw.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/type_name.hpp"
#include "python/behaviour.hpp"

#include <fmt/format.h>

#include <limits>
#include <string>

namespace pickled::inline v0::detail {
namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

// `absent` stands for None.
std::int64_t slice_index(value_view v, std::int64_t absent) {
  if (v.is_none()) return absent;
  if (const auto index = index_of(v)) return index->value;
  throw python_error("TypeError",
                     "slice indices must be integers or None or have an __index__ method");
}

slice_bounds bounds_of(value_view slice) {
  const auto parts = slice.as_instance().args.as_items();
  std::int64_t step = slice_index(parts[2], 1);
  if (step == 0) throw python_error("ValueError", "slice step cannot be zero");
  // So that its negation is an int as well.
  if (step < -most) step = -most;
  const std::int64_t start = slice_index(parts[0], step < 0 ? most : 0);
  const std::int64_t stop = slice_index(parts[1], step < 0 ? least : most);
  return {start, stop, step};
}

std::variant<index_value, slice_bounds> parse(value_view v, std::string_view complaint) {
  if (const auto index = index_of(v)) return *index;
  if (face_of(v).behaves == behaviour::slice) return bounds_of(v);
  if (!complaint.ends_with("not ")) throw python_error("TypeError", complaint);
  throw python_error("TypeError", std::string(complaint).append(type_name(v)));
}

std::variant<index_value, slice_bounds> parse(const frozen& f, std::string_view complaint) {
  if (const auto index = f.as_integer()) return index_value{*index};
  return parse(value_argument(thaw(f)), complaint);
}

std::int64_t adjusted_bound(std::int64_t bound, std::int64_t size, std::int64_t step) noexcept {
  if (bound < 0) {
    bound += size;
    return bound < 0 ? (step < 0 ? -1 : 0) : bound;
  }
  return bound >= size ? (step < 0 ? size - 1 : size) : bound;
}

}  // namespace

std::optional<index_value> index_of(const frozen& f) {
  if (const auto index = f.as_integer()) return index_value{*index};
  return index_of(value_argument(thaw(f)));
}

std::optional<index_value> index_of(value_view v) {
  arena made;  // of numpy's largest integers
  const value_view plain = plain_number(v, made);
  switch (plain.kind()) {
    case kind::boolean: return index_value{plain.as_bool() ? 1 : 0};
    case kind::integer: return index_value{plain.as_integer()};
    case kind::big_integer: {
      const bool negative = (plain.as_bytes().back() & std::byte{0x80}) != std::byte{};
      return index_value{negative ? least : most, false};
    }
    default: return std::nullopt;
  }
}

std::int64_t integer_argument(const frozen& f, std::string_view overflow) {
  if (const auto index = f.as_integer()) return *index;
  const value v = thaw(f);
  const auto index = index_of(v);
  if (!index) {
    throw python_error(
        "TypeError", fmt::format("'{}' object cannot be interpreted as an integer", type_name(v)));
  }
  if (!index->fits) throw python_error("OverflowError", overflow);
  return index->value;
}

slice_range slice_bounds::adjusted(std::size_t size) const noexcept {
  const auto length = static_cast<std::int64_t>(size);
  const std::int64_t first = adjusted_bound(start, length, step);
  const std::int64_t end = adjusted_bound(stop, length, step);
  std::int64_t count = 0;
  if (step < 0 && end < first) count = (first - end - 1) / -step + 1;
  if (step > 0 && first < end) count = (end - first - 1) / step + 1;
  return {first, end, step, static_cast<std::size_t>(count)};
}

subscript::subscript(const frozen& f, std::string_view complaint) : what_(parse(f, complaint)) {}
subscript::subscript(value_view v, std::string_view complaint) : what_(parse(v, complaint)) {}

std::size_t subscript::index(std::size_t size, std::string_view out_of_range) const {
  const index_value& index = std::get<index_value>(what_);
  if (!index.fits) {
    throw python_error("IndexError", "cannot fit 'int' into an index-sized integer");
  }
  if (const auto place = place_of(index.value, size)) return *place;
  throw python_error("IndexError", out_of_range);
}

}  // namespace pickled::inline v0::detail
