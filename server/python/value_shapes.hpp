// SPDX-License-Identifier: BSL-1.0

// What of a value decides whether a Python can build it: which classes and functions it names, and
// how it calls them. Values that differ in nothing else than texts and numbers have one shape.

#ifndef PICKLED_SERVER_PYTHON_VALUE_SHAPES_HPP
#define PICKLED_SERVER_PYTHON_VALUE_SHAPES_HPP

#include "pickled/value/value.hpp"

#include <string>
#include <unordered_set>

namespace pickled::inline v0::detail {

// One for each global and extension code, and for each sort of call: what is called, the kinds of
// its arguments, and the names or kinds of its state.
std::unordered_set<std::string> value_shapes(value_view v);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_PYTHON_VALUE_SHAPES_HPP
