// SPDX-License-Identifier: BSL-1.0

// A pickled numpy.ndarray of whatever items and shape, and what iterating it yields.

#ifndef PICKLED_PYTHON_RAW_ARRAY_HPP
#define PICKLED_PYTHON_RAW_ARRAY_HPP

#include "pickled/value/value.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace pickled {

struct raw_array {
  std::vector<std::size_t> shape;
  value_view dtype;
  bytes_view content;
  std::span<const value_view> objects;  // in place of `content`
  bool holds_objects = false;
  bool fortran = false;  // the first index varies fastest
  bool numpy_2 = false;  // by the name of its module

  // Of all dimensions.
  std::size_t size() const noexcept;
  // Precondition: size() is not 0.
  std::size_t item_size() const noexcept { return content.size() / size(); }
  // The item as numpy would pickle it. Precondition: `n` is less than size().
  value_view item(std::size_t n, value_builder& build) const;
  // The array that a[n] is. Precondition: two dimensions or more, none of them 0; not `fortran`.
  value_view row(std::size_t n, value_builder& build) const;
};

// nullopt for anything else, and where the content does not match the shape.
std::optional<raw_array> read_raw_array(value_view v);

}  // namespace pickled

#endif  // PICKLED_PYTHON_RAW_ARRAY_HPP
