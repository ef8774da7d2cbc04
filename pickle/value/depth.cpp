// SPDX-License-Identifier: BSL-1.0

#include "pickle/value/depth.hpp"

#include "pickle/value/children.hpp"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

// A container whose children are being measured.
struct visit {
  value_view* place;
  std::size_t next = 0;
  std::size_t deepest = 0;
};

// Nodes keep their depth themselves, tuples and the like in every view of them.
void set_depth(value_view& v, std::uint16_t depth) noexcept {
  void* node = const_cast<void*>(v.identity());
  switch (v.kind()) {
    case kind::list:
    case kind::set: static_cast<list_node*>(node)->depth = depth; return;
    case kind::dict: static_cast<dict_node*>(node)->depth = depth; return;
    case kind::instance: static_cast<instance_node*>(node)->changes.depth = depth; return;
    default: break;
  }
  if (v.depth() != depth) v = v.with_depth(depth);
}

}  // namespace

bool measure_depth(value_view& root, std::size_t max_depth) {
  if (root.depth() == 0) return true;
  // 0 while a container is still being measured. Where it is met again inside itself, it counts as
  // one level: what holds a container is always deeper than what holds leaves alone.
  std::unordered_map<const void*, std::uint16_t> depths{{root.identity(), 0}};
  std::vector<visit> path{{&root}};
  while (!path.empty()) {
    visit& top = path.back();
    if (top.next < child_count(*top.place)) {
      auto& child = const_cast<value_view&>(child_at(*top.place, top.next++));
      if (child.depth() == 0) continue;
      if (child.identity() == nullptr) {
        top.deepest = std::max<std::size_t>(top.deepest, 1);
        continue;
      }
      const auto [known, is_new] = depths.try_emplace(child.identity(), 0);
      if (is_new) {
        path.push_back({&child});
      } else if (known->second != 0) {
        set_depth(child, known->second);
        top.deepest = std::max<std::size_t>(top.deepest, known->second);
      } else {
        top.deepest = std::max<std::size_t>(top.deepest, 1);
      }
      continue;
    }
    const std::size_t depth = top.deepest + 1;
    if (depth > max_depth) return false;
    const auto kept = static_cast<std::uint16_t>(std::min<std::size_t>(depth, value_view::deepest));
    set_depth(*top.place, kept);
    depths[top.place->identity()] = kept;
    path.pop_back();
    if (!path.empty()) path.back().deepest = std::max(path.back().deepest, depth);
  }
  return true;
}

}  // namespace pickled::inline v0::detail
