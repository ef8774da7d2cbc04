// SPDX-License-Identifier: BSL-1.0

// bool(x) of an argument.

#ifndef PICKLED_SERVER_PYTHON_TRUTH_HPP
#define PICKLED_SERVER_PYTHON_TRUTH_HPP

#include "pickled/frozen/frozen.hpp"
#include "pickled/value/value.hpp"

namespace pickled::inline v0::detail {

// True also for an instance of which only Python knows. Throws python_error ValueError for an array
// of more than one item, and for pandas' Series, Index and DataFrame.
bool truth(const frozen& f);
bool truth(value_view v);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_PYTHON_TRUTH_HPP
