// SPDX-License-Identifier: BSL-1.0

// Integers where Python asks for an index, and what stands between the brackets of `l[...]`.

#ifndef PICKLED_SERVER_PYTHON_SUBSCRIPT_HPP
#define PICKLED_SERVER_PYTHON_SUBSCRIPT_HPP

#include "pickled/frozen/frozen.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace pickled::inline v0::detail {

// An int as operator.index() gives it; beyond 64 bits it is the nearest that fits.
struct index_value {
  std::int64_t value = 0;
  bool fits = true;
};

// nullopt where the value has no __index__.
std::optional<index_value> index_of(const frozen& f);
std::optional<index_value> index_of(value_view v);

// The argument of a function that takes a Py_ssize_t. Throws python_error TypeError "'str' object
// cannot be interpreted as an integer", and OverflowError `overflow` where it does not fit.
std::int64_t integer_argument(
    const frozen& f, std::string_view overflow = "Python int too large to convert to C ssize_t");

// The places start, start + step … of a sequence, `count` of them.
struct slice_range {
  std::int64_t start;
  std::int64_t stop;
  std::int64_t step;
  std::size_t count;

  std::size_t place(std::size_t n) const noexcept {
    return static_cast<std::size_t>(start + static_cast<std::int64_t>(n) * step);
  }
};

// Mirrors PySlice_Unpack; out of range is the nearest int64.
struct slice_bounds {
  std::int64_t start;
  std::int64_t stop;
  std::int64_t step;

  // PySlice_AdjustIndices.
  slice_range adjusted(std::size_t size) const noexcept;
};

class subscript {
 public:
  // Throws python_error TypeError `complaint` (followed by the name of the type, if it ends in
  // "not ") where it is neither an index nor a slice; ValueError "slice step cannot be zero".
  subscript(const frozen& f, std::string_view complaint);
  subscript(value_view v, std::string_view complaint);

  bool is_slice() const noexcept { return std::holds_alternative<slice_bounds>(what_); }
  // Precondition: is_slice().
  slice_range range(std::size_t size) const noexcept {
    return std::get<slice_bounds>(what_).adjusted(size);
  }
  // Where in a sequence of `size` items it points. Throws python_error IndexError `out_of_range`.
  // Precondition: not is_slice().
  std::size_t index(std::size_t size, std::string_view out_of_range) const;

 private:
  std::variant<index_value, slice_bounds> what_;
};

// The place of `index`, negative ones counted from the end; nullopt where there is none.
constexpr std::optional<std::size_t> place_of(std::int64_t index, std::size_t size) noexcept {
  if (index < 0) index += static_cast<std::int64_t>(size);
  if (index < 0 || static_cast<std::size_t>(index) >= size) return std::nullopt;
  return static_cast<std::size_t>(index);
}

// A bound as list.index() and list.insert() understand it: from 0 to size.
constexpr std::size_t clamped_place(std::int64_t index, std::size_t size) noexcept {
  if (index < 0) index += static_cast<std::int64_t>(size);
  if (index < 0) return 0;
  return static_cast<std::size_t>(index) < size ? static_cast<std::size_t>(index) : size;
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_PYTHON_SUBSCRIPT_HPP
