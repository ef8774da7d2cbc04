// SPDX-License-Identifier: BSL-1.0

#include "python/array.hpp"
#include "python/comparison.hpp"

#include <bit>

namespace pickled::inline v0::detail {
namespace {

void fill(const face& f, key_table& table) {
  if (f.behaves == behaviour::set || f.behaves == behaviour::type_union) {
    const auto items = f.value.as_items();
    table.reserve(items.size());
    for (const value_view item : items)
      table.insert(item, {});
    return;
  }
  const auto insert_all = [&table](std::span<const dict_entry> entries) {
    table.reserve(entries.size());
    for (const dict_entry& entry : entries)
      table.insert(entry.key, entry.value);
  };
  if (f.value.is(kind::dict)) return insert_all(f.value.as_entries());
  insert_all(assigned_entries(f));
}

}  // namespace

void key_table::reserve(std::size_t count) {
  entries_.reserve(entries_.size() + count);
  hashes_.reserve(hashes_.size() + count);
  const std::size_t slots = std::bit_ceil((entries_.size() + count) * 2 + 1);
  if (slots <= slots_.size()) return;
  slots_.assign(slots, vacant);
  for (std::size_t i = 0; i != hashes_.size(); ++i) {
    std::size_t at = hashes_[i] & (slots - 1);
    while (slots_[at] != vacant)
      at = (at + 1) & (slots - 1);
    slots_[at] = static_cast<std::uint32_t>(i);
  }
}

std::size_t key_table::slot_of(value_view key, std::uint64_t hash) const {
  std::size_t at = hash & (slots_.size() - 1);
  while (slots_[at] != vacant) {
    const std::uint32_t entry = slots_[at];
    if (hashes_[entry] == hash && comparison_->equal_keys(entries_[entry].key, key)) break;
    at = (at + 1) & (slots_.size() - 1);
  }
  return at;
}

void key_table::insert(value_view key, value_view item) {
  if (slots_.size() < (entries_.size() + 1) * 2) reserve(entries_.size() + 1);
  const std::uint64_t hash = comparison_->hash(key, false);
  const std::size_t at = slot_of(key, hash);
  if (slots_[at] != vacant) {
    entries_[slots_[at]].value = item;
    return;
  }
  slots_[at] = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back({key, item});
  hashes_.push_back(hash);
}

const dict_entry* key_table::find(value_view key) const {
  if (entries_.empty()) return nullptr;
  const std::size_t at = slot_of(key, comparison_->hash(key, false));
  return slots_[at] == vacant ? nullptr : &entries_[slots_[at]];
}

std::span<const value_view> comparison::items(const face& f) {
  const value_view v = f.value;
  if (!v.is(kind::instance)) return v.as_items();
  const auto [found, made] = items_.try_emplace(v.identity());
  if (made) {
    found->second =
        f.behaves == behaviour::array ? array_items(v.as_instance(), made_) : appended_items(f);
  }
  return found->second;
}

const key_table& comparison::table(const face& f) {
  const void* node = node_of(f.value);
  if (const auto found = tables_.find(node); found != tables_.end()) return *found->second;
  const nesting level(*this);
  auto filled = std::make_unique<key_table>(*this);
  fill(f, *filled);
  return *tables_.emplace(node, std::move(filled)).first->second;
}

}  // namespace pickled::inline v0::detail
