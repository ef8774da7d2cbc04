// SPDX-License-Identifier: BSL-1.0

// bool(x) of an argument.

#ifndef PICKLED_SERVER_PYTHON_TRUTH_HPP
#define PICKLED_SERVER_PYTHON_TRUTH_HPP

#include "pickled/frozen/frozen.hpp"

namespace pickled {

// True also for an instance of which only Python knows.
bool truth(const frozen& f);

}  // namespace pickled

#endif  // PICKLED_SERVER_PYTHON_TRUTH_HPP
