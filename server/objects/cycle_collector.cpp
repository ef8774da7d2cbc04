// SPDX-License-Identifier: BSL-1.0

#include "server/objects/cycle_collector.hpp"

#include "server/objects/referent.hpp"

#include <cstddef>
#include <unordered_set>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

// What mentions what, among objects that were seen.
class graph {
 public:
  explicit graph(const std::vector<object_table::sight>& seen)
      : edges_(seen.size()), mentions_(seen.size()) {
    for (std::size_t i = 0; i != seen.size(); ++i)
      numbers_.emplace(seen[i].object.get(), i);
    for (std::size_t i = 0; i != seen.size(); ++i)
      seen[i].object->object->for_each_proxy([&](const proxy_reference& proxy) { add(i, proxy); });
  }

  // How many of its shares are in values.
  long mentions(std::size_t object) const noexcept { return mentions_[object]; }

  // Adds what `reached` leads to.
  void spread(std::vector<bool>& reached) const {
    std::vector<std::size_t> pending;
    for (std::size_t i = 0; i != reached.size(); ++i)
      if (reached[i]) pending.push_back(i);
    while (!pending.empty()) {
      const std::size_t from = pending.back();
      pending.pop_back();
      for (const std::size_t to : edges_[from]) {
        if (reached[to]) continue;
        reached[to] = true;
        pending.push_back(to);
      }
    }
  }

 private:
  void add(std::size_t from, const proxy_reference& proxy) {
    const auto to = numbers_.find(proxy.referent.get());
    if (to == numbers_.end()) return;
    edges_[from].push_back(to->second);
    // Values that share a block share its proxies, each of which has one share of its object.
    if (proxies_.insert(&proxy).second) ++mentions_[to->second];
  }

  std::unordered_map<const void*, std::size_t> numbers_;
  std::vector<std::vector<std::size_t>> edges_;
  std::vector<long> mentions_;
  std::unordered_set<const proxy_reference*> proxies_;
};

}  // namespace

void cycle_collector::run(time_point now) {
  if (now < next_) return;
  const auto begin = std::chrono::steady_clock::now();
  collect(now);
  next_ = now + 100 * (std::chrono::steady_clock::now() - begin);
}

void cycle_collector::collect(time_point now) {
  std::vector<object_table::sight> seen = objects_.look();
  const graph all(seen);
  std::vector<bool> reached(seen.size());
  for (std::size_t i = 0; i != seen.size(); ++i)
    reached[i] = seen[i].held || seen[i].shares > all.mentions(i);
  all.spread(reached);

  std::unordered_map<std::string, suspect> suspects;
  for (std::size_t i = 0; i != seen.size(); ++i) {
    if (reached[i]) continue;
    const std::string& ident = seen[i].object->ident;
    const auto before = suspects_.find(ident);
    const bool again = before != suspects_.end() && before->second.finds == seen[i].finds;
    const suspect s{again ? before->second.since : now, seen[i].finds};
    suspects.emplace(ident, s);
    // Until its time is over it may be looked up again, and so may what it mentions.
    reached[i] = s.since + grace_ > now;
  }
  suspects_ = std::move(suspects);
  all.spread(reached);

  std::vector<object_table::sight> unreachable;
  for (std::size_t i = 0; i != seen.size(); ++i)
    if (!reached[i]) unreachable.push_back(std::move(seen[i]));
  seen.clear();
  if (!unreachable.empty()) objects_.destroy(std::move(unreachable));
}

}  // namespace pickled::inline v0::detail
