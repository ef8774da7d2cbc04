// SPDX-License-Identifier: BSL-1.0

// range(start, stop, step), of ints of any size.

#ifndef PICKLED_PYTHON_RANGE_HPP
#define PICKLED_PYTHON_RANGE_HPP

#include "pickled/value/big_integer.hpp"
#include "pickled/value/value.hpp"

#include <optional>

namespace pickled::inline v0::detail {

struct range {
  big_integer start;
  big_integer stop;
  big_integer step;

  big_integer size() const;
  // As Python compares them: by the numbers that they yield.
  friend bool operator==(const range& a, const range& b);
};

// nullopt where Python's constructor would raise.
std::optional<range> read_range(const instance_node& i);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_RANGE_HPP
