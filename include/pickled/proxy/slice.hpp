// SPDX-License-Identifier: BSL-1.0

// A range of indices as Python's slices have it: negative ones count from the end, and what is
// left out goes to the end.

#ifndef PICKLED_PROXY_SLICE_HPP
#define PICKLED_PROXY_SLICE_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <optional>

PICKLED_BEGIN_NAMESPACE

struct slice {
  std::optional<std::ptrdiff_t> start = {};
  std::optional<std::ptrdiff_t> stop = {};
  std::optional<std::ptrdiff_t> step = {};
};

inline value_view to_value(const slice& from, value_builder& b) {
  const value_view args[] = {to_value(from.start, b), to_value(from.stop, b),
                             to_value(from.step, b)};
  return b.instance(instance_node::construction::reduce, b.global("builtins", "slice"),
                    b.tuple(args));
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_SLICE_HPP
