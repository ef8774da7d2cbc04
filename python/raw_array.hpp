// SPDX-License-Identifier: BSL-1.0

// A pickled numpy.ndarray of whatever items and shape, or one of its subclasses matrix, memmap and
// MaskedArray: what iterating it yields, and its bytes.

#ifndef PICKLED_PYTHON_RAW_ARRAY_HPP
#define PICKLED_PYTHON_RAW_ARRAY_HPP

#include "pickled/value/value.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace pickled::inline v0::detail {

struct raw_array {
  std::vector<std::size_t> shape;
  value_view of_class;  // a global; None where it is not told
  value_view dtype;
  bytes_view content;
  std::span<const value_view> objects;  // in place of `content`
  bytes_view mask;                      // a byte an item of a MaskedArray, else empty
  bool holds_objects = false;
  bool fortran = false;  // the first index varies fastest
  bool numpy_2 = false;  // by the name of its module

  // Of all dimensions.
  std::size_t size() const noexcept;
  // Precondition: size() is not 0.
  std::size_t item_size() const noexcept { return content.size() / size(); }
  // The item as numpy would pickle it. Precondition: `n` is less than size().
  value_view item(std::size_t n, value_builder& build) const;
  // The array that a[n] is. Precondition: two dimensions or more, the first not 0; no mask.
  value_view row(std::size_t n, value_builder& build) const;
  // What tobytes() of the unpickled array gives. Precondition: not holds_objects.
  std::vector<std::byte> bytes() const;

 private:
  bool is_matrix() const noexcept;
  // Where the items of a[n] are among all.
  std::vector<std::size_t> places_of_row(std::size_t n) const;
};

// nullopt for anything else, and where the content does not match the shape.
std::optional<raw_array> read_raw_array(value_view v);

// The item of an array of no dimensions, which Python takes where it takes a number; nullopt for
// anything else. It may be made in `where`.
std::optional<value_view> only_item(value_view v, arena& where);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_RAW_ARRAY_HPP
