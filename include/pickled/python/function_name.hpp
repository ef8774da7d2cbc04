// SPDX-License-Identifier: BSL-1.0

// A function of Python's by its name, as an argument or a target.

#ifndef PICKLED_PYTHON_FUNCTION_NAME_HPP
#define PICKLED_PYTHON_FUNCTION_NAME_HPP

#include "pickled/namespace.hpp"
#include "pickled/value/value.hpp"

#include <string_view>

PICKLED_BEGIN_NAMESPACE

// As Python imports it: "shapes.area", or "shapes:Circle.area" where the name in the module has
// dots of its own.
struct function_name {
  std::string_view text;
};

// Throws std::invalid_argument for what names no function.
value_view to_value(const function_name& from, value_builder& b);

PICKLED_END_NAMESPACE

#endif  // PICKLED_PYTHON_FUNCTION_NAME_HPP
