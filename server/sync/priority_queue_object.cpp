// SPDX-License-Identifier: BSL-1.0

// queue.PriorityQueue and queue.LifoQueue. The least item leaves first, of equal ones the one that
// came first. Items are compared when they are put, as Python's < does.

#include "frozen/thaw.hpp"
#include "pickled/python/compare.hpp"
#include "server/python/leaf.hpp"
#include "server/registry.hpp"
#include "server/sync/queue_object.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace pickled::inline v0::detail {
namespace {

bool less_slot(const frozen& a, const frozen& b) {
  const auto x = leaf_view(a);
  const auto y = leaf_view(b);
  if (x && y) return less(*x, *y);
  const value thawed_a = x ? value(*x, nullptr) : thaw(a);
  const value thawed_b = y ? value(*y, nullptr) : thaw(b);
  return less(thawed_a, thawed_b);
}

class priority_queue_object final : public queue_object {
 public:
  explicit priority_queue_object(std::size_t maxsize) noexcept
      : queue_object(maxsize, leaves_before) {}

 private:
  // As heapq.heappush does, the newer one is asked whether it is less.
  static bool leaves_before(const entry& a, const entry& b) {
    return is_older(a, b) ? !less_slot(b.item, a.item) : less_slot(a.item, b.item);
  }
  std::string_view class_name() const noexcept override { return "queue.PriorityQueue"; }
};

class lifo_queue_object final : public queue_object {
 public:
  using queue_object::queue_object;

 private:
  std::string_view class_name() const noexcept override { return "queue.LifoQueue"; }
  bool takes_last() const noexcept override { return true; }
};

}  // namespace

void host_priority_queue(registry& types, iterators) {
  types.host<queue_object>("PriorityQueue", queue_object::make<priority_queue_object>, "AutoProxy",
                           {{"queue", "PriorityQueue"}});
  types.host<queue_object>("LifoQueue", queue_object::make<lifo_queue_object>, "AutoProxy",
                           {{"queue", "LifoQueue"}});
}

}  // namespace pickled::inline v0::detail
