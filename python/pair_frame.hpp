// SPDX-License-Identifier: BSL-1.0

// A pair of containers that are being compared, part by part: an entry of the explicit stack of
// comparison::equal.

#ifndef PICKLED_PYTHON_PAIR_FRAME_HPP
#define PICKLED_PYTHON_PAIR_FRAME_HPP

#include "python/comparison.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace pickled::inline v0::detail {

struct comparison::pair_frame {
  value_view left;
  value_view right;
  node_pair nodes;
  bool transitive = true;  // equal parts may be merged into one class
  bool ordered = false;    // a sequence, of which `<` decides by its first difference
  // The parts to be compared in turn: those of the values themselves, or lists made for it.
  std::span<const value_view> left_parts;
  std::span<const value_view> right_parts;
  std::vector<value_view> left_made;
  std::vector<value_view> right_made;
  std::size_t next = 0;

  void add(value_view a, value_view b) {
    left_made.push_back(a);
    right_made.push_back(b);
  }
  // After the last add().
  void use_made() noexcept {
    left_parts = left_made;
    right_parts = right_made;
  }
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_PAIR_FRAME_HPP
