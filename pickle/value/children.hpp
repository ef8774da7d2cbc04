// SPDX-License-Identifier: BSL-1.0

// What a value is made of, by number, for code that walks a graph with a stack of its own: the
// items of a container, keys and values of a dict in turn, the parts of an instance.

#ifndef PICKLED_PICKLE_VALUE_CHILDREN_HPP
#define PICKLED_PICKLE_VALUE_CHILDREN_HPP

#include "pickled/value/value.hpp"

#include <cstddef>

namespace pickled::inline v0::detail {

// 0 for a leaf.
inline std::size_t child_count(value_view v) noexcept {
  switch (v.kind()) {
    case kind::tuple:
    case kind::list:
    case kind::set:
    case kind::frozenset: return v.as_items().size();
    case kind::dict: return 2 * v.as_entries().size();
    case kind::instance: return 3 + 2 * v.as_instance().changes.size;
    case kind::persistent: return 1;
    default: return 0;
  }
}

// The place where the child stands. Precondition: i < child_count(v).
inline const value_view& child_at(value_view v, std::size_t i) noexcept {
  switch (v.kind()) {
    case kind::dict: {
      const dict_entry& entry = v.as_entries()[i / 2];
      return i % 2 == 0 ? entry.key : entry.value;
    }
    case kind::instance: {
      const instance_node& node = v.as_instance();
      if (i < 3) return i == 0 ? node.callable : i == 1 ? node.args : node.kwargs;
      const instance_node::change& change = node.changes.view()[(i - 3) / 2];
      return i % 2 == 1 ? change.first : change.second;
    }
    case kind::persistent: return *static_cast<const value_view*>(v.identity());
    default: return v.as_items()[i];
  }
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_VALUE_CHILDREN_HPP
