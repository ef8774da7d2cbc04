// SPDX-License-Identifier: BSL-1.0

// What a class or function of Python 3 is called in Python 2: CPython's _compat_pickle, which
// protocols below 3 are read and written with.

#ifndef PICKLED_PICKLE_CODEC_COMPAT_NAMES_HPP
#define PICKLED_PICKLE_CODEC_COMPAT_NAMES_HPP

#include "pickled/value/value.hpp"

namespace pickled::inline v0::detail {

// The parts of the result are those of `name` or live for ever.
global_name python3_name(global_name name) noexcept;
global_name python2_name(global_name name) noexcept;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_COMPAT_NAMES_HPP
