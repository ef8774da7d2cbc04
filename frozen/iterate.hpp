// SPDX-License-Identifier: BSL-1.0

// The items of an argument that Python would iterate: what list(x) holds for an x that came in a
// pickle.

#ifndef PICKLED_FROZEN_ITERATE_HPP
#define PICKLED_FROZEN_ITERATE_HPP

#include "frozen/freezer.hpp"
#include "pickled/frozen/frozen.hpp"

#include <optional>
#include <vector>

namespace pickled::inline v0::detail {

// In CPython's order: the items of list, tuple, set, frozenset, str, bytes, bytearray, range, deque
// and array; the keys of dict, OrderedDict, defaultdict and Counter; what is left of iter(x),
// reversed(x), enumerate(x), zip(x, …) and map(abs, x) of any of these; the fields of a namedtuple
// of two or more. Items that were one object remain one. nullopt where Python would raise
// "TypeError: 'int' object is not iterable", and for everything that only Python can iterate,
// proxies included.
//
// Throws python_error: MemoryError where the items would take more than `limits.max_memory`, before
// any of it is taken; TypeError, which names the function, for a map or filter of any other
// function; ValueError where a strict zip ends unevenly.
std::optional<std::vector<frozen>> iterate(const frozen& iterable,
                                           const freeze_options& limits = {});

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FROZEN_ITERATE_HPP
