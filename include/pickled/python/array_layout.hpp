// SPDX-License-Identifier: BSL-1.0

// Where the numbers of a pickled numpy.ndarray lie, in either of its forms.

#ifndef PICKLED_PYTHON_ARRAY_LAYOUT_HPP
#define PICKLED_PYTHON_ARRAY_LAYOUT_HPP

#include "pickled/python/element_type.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

PICKLED_BEGIN_NAMESPACE

struct array_layout {
  element_type type;
  bytes_view content;
  std::vector<std::size_t> shape;
  bool fortran = false;   // the first index varies fastest, instead of the last
  value_view dtype = {};  // as it was sent

  // Bytes from one item to the next in each dimension.
  std::vector<std::ptrdiff_t> strides() const;
};

// Whether `module` is numpy.core.SUBMODULE, or numpy._core.SUBMODULE as numpy 2 has it.
bool is_module_of_numpy(std::string_view module, std::string_view submodule) noexcept;

// The layout of a numpy.ndarray of plain numbers, pickled by numpy 1 or 2; nullopt for anything
// else, and where the bytes do not match the shape.
std::optional<array_layout> ndarray_layout(value_view v);

PICKLED_END_NAMESPACE

#endif  // PICKLED_PYTHON_ARRAY_LAYOUT_HPP
