// SPDX-License-Identifier: BSL-1.0

// Calls what stands in a pickle where Python has a callable: one of a worker's functions, a
// functools.partial of such, or what pools and executors wrap around chunks of a map. Pools of ours
// ask by pickled.functions what there is: a list of names.

#ifndef PICKLED_PROCESS_APPLY_HPP
#define PICKLED_PROCESS_APPLY_HPP

#include "pickled/process/functions.hpp"
#include "pickled/value/value.hpp"

#include <string>

namespace pickled::inline v0::detail {

// callable(*args, **kwds). Throws python_error: what the function threw, or an AttributeError where
// the worker has no such function. The result is built by `b`, but what it refers to may lie in the
// arguments.
value_view apply(const functions& offered, value_view callable, value_view args, value_view kwds,
                 value_builder& b);

// That of a worker's which a callable of Python's names; nullptr where it has none.
const function* find_function(const functions& offered, value_view callable);

// "shapes.area", for people: of a chunk or a partial the function inside.
std::string function_name(value_view callable, value_view args);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_APPLY_HPP
