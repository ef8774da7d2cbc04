// SPDX-License-Identifier: BSL-1.0

// What stands before the items of an .npy file: numpy.lib.format, versions 1 to 3.

#ifndef PICKLED_FILES_NPY_HEADER_HPP
#define PICKLED_FILES_NPY_HEADER_HPP

#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <vector>

namespace pickled::inline v0::detail {

struct dtype_description {
  value_view dtype;  // as numpy pickles it
  std::size_t item_size = 0;
  bool has_objects = false;
};

struct npy_header {
  dtype_description items;
  std::vector<std::size_t> shape;
  value_view lengths;  // the shape as a tuple
  bool fortran = false;
  std::size_t size = 0;   // of the header: where the items begin
  std::size_t bytes = 0;  // of all items; 0 where they are objects, which are pickled
};

bool begins_as_npy(bytes_view content) noexcept;

// Throws file_error. What it makes is made with `build`.
npy_header read_npy_header(bytes_view content, value_builder& build);

// How many bytes the items of a dtype, as it was pickled, have, and whether one is an object.
// Throws file_error where that is not known.
dtype_description describe_dtype(value_view dtype);

// The bytes of all items. Throws file_error where that does not fit.
std::size_t bytes_of_items(const std::vector<std::size_t>& shape, std::size_t item_size);

// numpy's own call that makes an array of bytes, which stay where they are.
value_view array_of_bytes(const dtype_description& items, value_view lengths, bool fortran,
                          bytes_view content, value_builder& build);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FILES_NPY_HEADER_HPP
