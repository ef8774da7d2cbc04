// SPDX-License-Identifier: BSL-1.0

// Keys in the order in which they came, found by hash: what dict, set and Namespace are made of.
// As in CPython's dict, the entries stand one after the other, and a table of their positions is
// probed:
//
//   slots    [ - | 2 | - | x | 0 | - | - | 1 ]     -: never used   x: removed
//   entries  [ a=1 | b=2 | (removed) | c=3 ]       new ones at the end
//
// Removed entries leave gaps, which are closed when they would be most of the array.

#ifndef PICKLED_SERVER_TYPES_ORDERED_TABLE_HPP
#define PICKLED_SERVER_TYPES_ORDERED_TABLE_HPP

#include "frozen/key.hpp"
#include "server/types/segmented_array.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

// Not thread-safe. Pointers to entries hold until the next change. One that was moved from may only
// be assigned to.
template <class Mapped>
class ordered_table {
 public:
  struct entry {
    detail::key key;
    [[no_unique_address]] Mapped value{};
  };

  std::size_t size() const noexcept { return size_; }

  const entry* find(const key& k) const {
    const std::size_t slot = slot_of(k);
    return slot == none ? nullptr : &entries_[slots_[slot]];
  }

  // The entry of `k`; where there was none, it is made of `k`, which is then moved from.
  std::pair<entry*, bool> find_or_add(key& k) {
    if (const std::size_t slot = slot_of(k); slot != none) return {&entries_[slots_[slot]], false};
    make_room_last();
    entry& added = entries_.push_back(entry{std::move(k)});
    place(added.key.hash(), static_cast<position>(entries_.size() - 1));
    ++size_;
    return {&added, true};
  }

  std::optional<entry> take(const key& k) {
    const std::size_t slot = slot_of(k);
    if (slot == none) return std::nullopt;
    return take_at(slot);
  }
  // Preconditions: not empty.
  const entry& last() const { return entries_[entries_.size() - 1]; }
  const entry& first() {
    while (!entries_[first_].key.exists())
      ++first_;
    return entries_[first_];
  }
  entry take_last() { return take_at(slot_of(entries_.size() - 1)); }
  entry take_first() {
    first();
    return take_at(slot_of(first_));
  }

  // After these, the next find_or_add, or add_first, needs no memory.
  void make_room_last() {
    if (are_slots_used()) rebuild(size_ + 1);
    entries_.reserve(1);
  }
  void make_room_first() {
    if (first_ == 0 || are_slots_used()) rebuild(size_ + 1, size_ + 8);
  }

  // Puts an entry before all others. Precondition: none has an equal key.
  void add_first(entry e) {
    make_room_first();
    --first_;
    entries_[first_] = std::move(e);
    place(entries_[first_].key.hash(), static_cast<position>(first_));
    ++size_;
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for_first(size_, visit);
  }
  template <class Visit>
  void for_first(std::size_t count, Visit visit) const {
    for (std::size_t i = first_; count != 0 && i != entries_.size(); ++i) {
      if (!entries_[i].key.exists()) continue;
      visit(entries_[i]);
      --count;
    }
  }

 private:
  using position = std::uint32_t;
  static constexpr position unused = 0xffffffff;
  static constexpr position removed = 0xfffffffe;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  bool are_slots_used() const noexcept { return used_slots_ >= slots_.size() / 3 * 2; }
  std::size_t first_slot(std::uint64_t hash) const noexcept {
    return static_cast<std::size_t>((hash * 0x9e3779b97f4a7c15u) >> shift_);
  }
  std::size_t next_slot(std::size_t slot) const noexcept {
    return (slot + 1) & (slots_.size() - 1);
  }

  std::size_t slot_of(const key& k) const {
    if (size_ == 0) return none;
    for (std::size_t slot = first_slot(k.hash());; slot = next_slot(slot)) {
      const position at = slots_[slot];
      if (at == unused) return none;
      if (at == removed) continue;
      const key& candidate = entries_[at].key;
      if (candidate.hash() == k.hash() && candidate == k) return slot;
    }
  }

  // By position, not by key: a NaN is not equal to itself.
  std::size_t slot_of(std::size_t at) const noexcept {
    std::size_t slot = first_slot(entries_[at].key.hash());
    while (slots_[slot] != at)
      slot = next_slot(slot);
    return slot;
  }

  void place(std::uint64_t hash, position at) noexcept {
    std::size_t slot = first_slot(hash);
    while (slots_[slot] != unused)
      slot = next_slot(slot);
    slots_[slot] = at;
    ++used_slots_;
  }

  entry take_at(std::size_t slot) {
    entry result = std::exchange(entries_[slots_[slot]], entry{});
    slots_[slot] = removed;
    --size_;
    while (!entries_.empty() && !entries_.back().key.exists())
      entries_.pop_back();
    first_ = std::min(first_, entries_.size());
    const bool gaps = entries_.size() > 64 && size_ < entries_.size() / 4;
    if (gaps || (slots_.size() > 256 && size_ < slots_.size() / 16)) shrink();
    return result;
  }

  // Where there is no memory for that, all stays as large as it is.
  void shrink() noexcept {
    try {
      rebuild(size_);
    } catch (const std::bad_alloc&) {
    }
  }

  // Closes the gaps, and makes slots for `count` entries and as many again, behind `before` free
  // places.
  void rebuild(std::size_t count, std::size_t before = 0) {
    if (count >= removed / 2) throw std::bad_alloc();
    std::vector<position> slots(std::bit_ceil(std::max<std::size_t>(8, count * 2)), unused);
    if (size_ != entries_.size() || before != 0) {
      segmented_array<entry> entries;
      entries.reserve(before + size_);
      for (std::size_t i = 0; i != before; ++i)
        entries.push_back(entry{});
      for (std::size_t i = first_; i != entries_.size(); ++i)
        if (entries_[i].key.exists()) entries.push_back(std::move(entries_[i]));
      entries_ = std::move(entries);
    }
    slots_ = std::move(slots);
    shift_ = 64 - std::countr_zero(slots_.size());
    first_ = before;
    used_slots_ = 0;
    for (std::size_t i = first_; i < entries_.size(); ++i)
      place(entries_[i].key.hash(), static_cast<position>(i));
  }

  std::vector<position> slots_;
  segmented_array<entry> entries_;  // removed ones have no key
  std::size_t size_ = 0;
  std::size_t used_slots_ = 0;  // those with a position and the removed ones
  std::size_t first_ = 0;       // no entry stands before it
  int shift_ = 61;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_ORDERED_TABLE_HPP
