// SPDX-License-Identifier: BSL-1.0

// list.sort() on slots.

#ifndef PICKLED_SERVER_PYTHON_SORT_HPP
#define PICKLED_SERVER_PYTHON_SORT_HPP

#include "pickled/frozen/frozen.hpp"
#include "server/python/sort_key.hpp"
#include "server/types/arguments.hpp"

#include <optional>
#include <vector>

namespace pickled::inline v0::detail {

struct sort_order {
  std::optional<sort_key> key;
  bool reverse = false;
};

// sort(*, key=None, reverse=False). Throws python_error TypeError as CPython.
sort_order sort_arguments(arguments& args);

// Stable, as Python's. Throws what Python's comparison and the key function throw, and
// std::bad_alloc where keys would take more than `room` bytes, or far more than what is sorted; the
// order of `slots` is then what it was.
void sort_slots(std::vector<frozen>& slots, const sort_order& order, std::size_t room);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_PYTHON_SORT_HPP
