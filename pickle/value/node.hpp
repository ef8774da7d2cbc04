// SPDX-License-Identifier: BSL-1.0

// The nodes behind views of mutable kinds, for those that make values, and the counters that tell
// whether something stands in several places.
//
// A list, set, dict or instance has its counter in its node. What has no such node, a tuple or a
// str for example, has one byte before its first item, which only a view that is counted() says:
//
//   |<---- alignof(Item) bytes ---->|
//   |   never read       | counter  | item 0 | item 1 | ... |
//                                   ^ what the view points to

#ifndef PICKLED_PICKLE_VALUE_NODE_HPP
#define PICKLED_PICKLE_VALUE_NODE_HPP

#include "pickled/value/arena.hpp"
#include "pickled/value/value.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pickled::inline v0::detail {

// Precondition: `v` is of the kind that has such a node, in an arena that may be written to.
template <class Node>
Node& node_of(value_view v) noexcept {
  return *static_cast<Node*>(const_cast<void*>(v.identity()));
}

// Where it is counted from how many places a value is referred to; nullptr where it is not.
inline std::uint8_t* uses_of(value_view v) noexcept {
  switch (v.kind()) {
    case kind::list:
    case kind::set: return &node_of<list_node>(v).uses;
    case kind::dict: return &node_of<dict_node>(v).uses;
    case kind::instance: return &node_of<instance_node>(v).changes.uses;
    default: return v.counted() ? &node_of<std::uint8_t>(v) - 1 : nullptr;
  }
}

// `v` was put into a container.
inline void count_use(value_view v) noexcept {
  std::uint8_t* counter = uses_of(v);
  if (counter == nullptr) return;
  std::atomic_ref<std::uint8_t> uses(*counter);
  if (const std::uint8_t now = uses.load(std::memory_order_relaxed); now < 2) {
    uses.store(static_cast<std::uint8_t>(now + 1), std::memory_order_relaxed);
  }
}

// Makes a node `count` items longer and gives the place of the first of them, for the caller to
// fill; nullptr at the arena's limit. Just enough memory is taken at first, since most containers
// get all of their items at once, and twice as much from then on.
template <class Item>
Item* try_grow(arena& where, sequence_node<Item>& node, std::size_t count) noexcept {
  if (node.capacity - node.size < count) {
    if (count > value_view::largest / sizeof(Item) - node.size) return nullptr;
    const std::size_t capacity = std::max(node.size + count, 2 * node.capacity);
    void* grown = where.try_allocate(capacity * sizeof(Item), alignof(Item));
    if (grown == nullptr) return nullptr;
    std::copy_n(node.items, node.size, static_cast<Item*>(grown));
    node.items = static_cast<Item*>(grown);
    node.capacity = capacity;
  }
  Item* room = node.items + node.size;
  node.size += count;
  return room;
}

// Memory for `count` items with such a counter before them; nullptr at the arena's limit.
template <class Item>
Item* try_allocate_counted(arena& where, std::size_t count) noexcept {
  constexpr std::size_t header = alignof(Item);
  if (count > value_view::largest / sizeof(Item)) return nullptr;
  auto* at =
      static_cast<std::uint8_t*>(where.try_allocate(header + count * sizeof(Item), alignof(Item)));
  if (at == nullptr) return nullptr;
  at[header - 1] = 0;
  return reinterpret_cast<Item*>(at + header);
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_VALUE_NODE_HPP
