// SPDX-License-Identifier: BSL-1.0

#include "frozen/iterate.hpp"

#include "frozen/key.hpp"
#include "frozen/thaw.hpp"
#include "pickled/python/python_error.hpp"
#include "python/iteration.hpp"

#include <algorithm>
#include <new>
#include <unordered_set>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

[[noreturn]] void refuse_size() {
  throw python_error("MemoryError");
}

std::vector<frozen> slots_of(const frozen& container, const freeze_options& limits) {
  std::vector<frozen> slots;
  if (split(container, limits, slots)) refuse_size();
  return slots;
}

// The first of each `step` slots, but none that equals one before it.
std::vector<frozen> distinct(std::vector<frozen> slots, std::size_t step) {
  std::unordered_set<key> seen;
  std::vector<frozen> result;
  result.reserve(slots.size() / step);
  for (std::size_t i = 0; i < slots.size(); i += step) {
    if (seen.emplace(slots[i]).second) result.push_back(std::move(slots[i]));
  }
  return result;
}

std::vector<frozen> freeze_items(std::span<const value_view> items, arena& where,
                                 const freeze_options& limits) {
  if (std::ranges::all_of(items, [](value_view item) { return is_scalar(item.kind()); })) {
    std::vector<frozen> result;
    result.reserve(items.size());
    for (const value_view item : items)
      result.push_back(freeze(item));
    return result;
  }
  // Cut out of one list, so that what they share stays shared.
  return slots_of(freeze(value_builder(where).list(items)), limits);
}

std::optional<std::vector<frozen>> iterate_value(const frozen& iterable,
                                                 const freeze_options& limits) {
  const value thawed = thaw(iterable);
  arena made(limits.max_memory);
  try {
    iteration run(made, limits.max_memory / sizeof(frozen));  // owns some of the items
    const auto items = run.items(thawed);
    if (!items) return std::nullopt;
    return freeze_items(*items, made, limits);
  } catch (const std::bad_alloc&) {
    refuse_size();
  }
}

}  // namespace

std::optional<std::vector<frozen>> iterate(const frozen& iterable, const freeze_options& limits) {
  switch (iterable.kind()) {
    case kind::list:
    case kind::tuple: return slots_of(iterable, limits);
    case kind::set:
    case kind::frozenset: return distinct(slots_of(iterable, limits), 1);
    case kind::dict: return distinct(slots_of(iterable, limits), 2);
    case kind::str:
    case kind::bytes:
    case kind::bytearray:
    case kind::instance: return iterate_value(iterable, limits);
    default: return std::nullopt;
  }
}

}  // namespace pickled::inline v0::detail
