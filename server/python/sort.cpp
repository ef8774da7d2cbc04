// SPDX-License-Identifier: BSL-1.0

#include "server/python/sort.hpp"

#include "frozen/thaw.hpp"
#include "pickled/python/python_error.hpp"
#include "python/comparison.hpp"
#include "server/python/leaf.hpp"
#include "server/python/truth.hpp"
#include "server/types/slots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace pickled::inline v0::detail {
namespace {

[[noreturn]] void throw_type_error(std::string_view text) {
  throw python_error("TypeError", text);
}

// What keys may take: texts are larger than what they are of, and without end where that shares its
// parts again and again.
std::size_t key_room(const std::vector<frozen>& slots, std::size_t room) noexcept {
  std::size_t sorted = 0;
  for (const frozen& slot : slots)
    sorted += slot.memory();
  return std::min(room, longest_text + 16 * sorted);
}

struct keyed_slot {
  value_view key;
  std::size_t place;
};

// Has the key `k`, which is a part of `thawed` or made in `keys`, live as long as `keys`.
value_view kept(value_view k, const value& thawed, arena& keys) {
  switch (k.kind()) {
    case kind::none:
    case kind::boolean:
    case kind::integer:
    case kind::real: return k;
    case kind::str: return value_builder(keys).str(k.as_str());
    default: keys.keep(thawed.owner()); return k;
  }
}

// The keys live in `keys`, in what it keeps, or in `slots`.
std::vector<keyed_slot> keyed_slots(const std::vector<frozen>& slots,
                                    const std::optional<sort_key>& key, arena& keys) {
  std::vector<keyed_slot> result;
  result.reserve(slots.size());
  // A block that stands in many slots is thawed once.
  std::unordered_map<const void*, value_view> thawed_blocks;
  const auto apply = [&](value_view v) { return key ? key->apply(v, keys) : v; };
  const auto thawed_key = [&](const frozen& slot) {
    const value thawed = thaw(slot);
    const value_view k = apply(thawed);
    return thawed.owner() ? kept(k, thawed, keys) : k;
  };
  for (const frozen& slot : slots) {
    value_view k;
    if (const auto leaf = leaf_view(slot)) {
      k = apply(*leaf);
    } else if (slot.identity() == nullptr) {
      k = thawed_key(slot);
    } else {
      const auto [found, made] = thawed_blocks.try_emplace(slot.identity());
      if (made) found->second = thawed_key(slot);
      k = found->second;
    }
    result.push_back({k, result.size()});
  }
  return result;
}

template <class Less>
void sort_keyed(std::vector<keyed_slot>& slots, bool reverse, Less less) {
  // With the operands exchanged equal ones keep their order, as in Python.
  if (reverse) {
    std::stable_sort(slots.begin(), slots.end(),
                     [&](const auto& a, const auto& b) { return less(b.key, a.key); });
  } else {
    std::stable_sort(slots.begin(), slots.end(),
                     [&](const auto& a, const auto& b) { return less(a.key, b.key); });
  }
}

bool all_are(kind k, const std::vector<keyed_slot>& slots) {
  return std::ranges::all_of(slots, [k](const keyed_slot& slot) { return slot.key.is(k); });
}

}  // namespace

sort_order sort_arguments(arguments& args) {
  const std::size_t positional = args.positional().size();
  const std::size_t given = positional + args.keywords().size();
  if (given > 2) {
    throw_type_error(fmt::format("sort() takes at most 2 {}arguments ({} given)",
                                 positional == 0 ? "keyword " : "", given));
  }
  if (positional != 0) throw_type_error("sort() takes no positional arguments");
  sort_order order;
  for (const auto& [name, argument] : args.keywords()) {
    if (name == "key") {
      if (!argument.is_none()) order.key.emplace(argument);
    } else if (name == "reverse") {
      order.reverse = truth(argument);
    } else {
      throw_type_error(fmt::format("sort() got an unexpected keyword argument '{}'", name));
    }
  }
  return order;
}

void sort_slots(std::vector<frozen>& slots, const sort_order& order, std::size_t room) {
  arena keys(key_room(slots, room));
  std::vector<keyed_slot> keyed = keyed_slots(slots, order.key, keys);
  if (all_are(kind::integer, keyed)) {
    sort_keyed(keyed, order.reverse,
               [](value_view a, value_view b) { return a.as_integer() < b.as_integer(); });
  } else if (all_are(kind::str, keyed)) {
    // UTF-8 sorts as the code points that it stands for.
    sort_keyed(keyed, order.reverse,
               [](value_view a, value_view b) { return a.as_str() < b.as_str(); });
  } else {
    comparison run;
    sort_keyed(keyed, order.reverse, [&run](value_view a, value_view b) { return run.less(a, b); });
  }
  std::vector<frozen> sorted;
  sorted.reserve(slots.size());
  for (const keyed_slot& slot : keyed)
    sorted.push_back(std::move(slots[slot.place]));
  slots = std::move(sorted);
}

}  // namespace pickled::inline v0::detail
