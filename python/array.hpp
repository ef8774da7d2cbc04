// SPDX-License-Identifier: BSL-1.0

// array.array: its items out of the three forms in which it is pickled.

#ifndef PICKLED_PYTHON_ARRAY_HPP
#define PICKLED_PYTHON_ARRAY_HPP

#include "pickled/value/value.hpp"

#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

// array(typecode, bytes) as multiprocessing sends it, array(typecode, list) of protocols up to 2,
// or array._array_reconstructor(array, typecode, format, bytes).
bool is_array(const instance_node& i);

// "i", "d", "Zf" and so on. Precondition for all below: is_array.
std::string_view array_typecode(const instance_node& i);

// One value an item; those that need nodes are made in `where`.
std::vector<value_view> array_items(const instance_node& i, arena& where);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_ARRAY_HPP
