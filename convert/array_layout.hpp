// Where the numbers of a pickled numpy.ndarray lie, in either of its forms.

#ifndef PICKLED_CONVERT_ARRAY_LAYOUT_HPP
#define PICKLED_CONVERT_ARRAY_LAYOUT_HPP

#include "convert/element_type.hpp"
#include "pickle/value/buffer.hpp"
#include "pickle/value/value.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace pickled {

struct array_layout {
  element_type type;
  bytes_view content;
  std::vector<std::size_t> shape;
  bool fortran = false;  // the first index varies fastest, instead of the last

  // Bytes from one item to the next in each dimension.
  std::vector<std::ptrdiff_t> strides() const;
};

// The layout of a numpy.ndarray of plain numbers, pickled by numpy 1 or 2; nullopt for anything
// else, and where the bytes do not match the shape.
std::optional<array_layout> ndarray_layout(value_view v);

}  // namespace pickled

#endif  // PICKLED_CONVERT_ARRAY_LAYOUT_HPP
