// SPDX-License-Identifier: BSL-1.0

// Python's name of a value's class, as error messages have it.

#ifndef PICKLED_PYTHON_TYPE_NAME_HPP
#define PICKLED_PYTHON_TYPE_NAME_HPP

#include "pickled/value/value.hpp"

#include <string_view>

PICKLED_BEGIN_NAMESPACE

// "int", "NoneType", "Point"; of classes that CPython has in C with the module:
// "collections.deque".
std::string_view type_name(value_argument v);

PICKLED_END_NAMESPACE

#endif  // PICKLED_PYTHON_TYPE_NAME_HPP
