// SPDX-License-Identifier: BSL-1.0

// The depth of a graph whose containers grew after others had counted them, as they do in cycles.

#ifndef PICKLED_PICKLE_VALUE_DEPTH_HPP
#define PICKLED_PICKLE_VALUE_DEPTH_HPP

#include "pickled/value/value.hpp"

#include <cstddef>

namespace pickled::inline v0::detail {

// Writes the right depth into every container of the graph. False where one is deeper than
// `max_depth`. Precondition: nobody else reads the graph meanwhile.
bool measure_depth(value_view& root, std::size_t max_depth);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_VALUE_DEPTH_HPP
