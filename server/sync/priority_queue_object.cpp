// SPDX-License-Identifier: BSL-1.0

// queue.PriorityQueue and queue.LifoQueue. The least item leaves first, of equal ones the one that
// came first. Items are compared when they are put, as Python's < does.

#include "frozen/freezer.hpp"
#include "pickled/python/compare.hpp"
#include "server/python/leaf.hpp"
#include "server/registry.hpp"
#include "server/sync/queue_object.hpp"

#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace pickled {
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
  using queue_object::queue_object;

 private:
  struct before {
    bool operator()(const entry& a, const entry& b) const {
      if (less_slot(a.item, b.item)) return true;
      return !less_slot(b.item, a.item) && a.number < b.number;
    }
  };
  using ordered_items = std::multiset<entry, before>;

  std::string_view class_name() const noexcept override { return "queue.PriorityQueue"; }
  std::size_t size() const noexcept override { return ordered_.size(); }
  void store(entry e) override { ordered_.insert(std::move(e)); }
  entry take_next() override {
    auto first = ordered_.extract(ordered_.begin());
    return std::move(first.value());
  }
  void for_each(const std::function<void(const entry&)>& visit) const override {
    for (const entry& e : ordered_)
      visit(e);
  }
  std::shared_ptr<void> take_all() override {
    auto all = std::make_shared<ordered_items>();
    all->swap(ordered_);
    return all;
  }

  ordered_items ordered_;
};

class lifo_queue_object final : public queue_object {
 public:
  using queue_object::queue_object;

 private:
  std::string_view class_name() const noexcept override { return "queue.LifoQueue"; }
  entry take_next() override { return take_last(); }
};

}  // namespace

void host_priority_queue(registry& types, iterators) {
  types.host<queue_object>("PriorityQueue", queue_object::make<priority_queue_object>, "AutoProxy",
                           {{"queue", "PriorityQueue"}});
  types.host<queue_object>("LifoQueue", queue_object::make<lifo_queue_object>, "AutoProxy",
                           {{"queue", "LifoQueue"}});
}

}  // namespace pickled
