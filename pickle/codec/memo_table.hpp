// SPDX-License-Identifier: BSL-1.0

// The pickler's memo: which objects have been written, and where. What PyMemoTable is in
// _pickle.c.

#ifndef PICKLED_PICKLE_CODEC_MEMO_TABLE_HPP
#define PICKLED_PICKLE_CODEC_MEMO_TABLE_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

namespace pickled::inline v0::detail {

class memo_table {
 public:
  struct entry {
    // Written, but no GET has asked for a number yet.
    static constexpr std::size_t unnumbered = std::numeric_limits<std::size_t>::max();
    // Its parts are being written; it is no object yet.
    static constexpr std::size_t unfinished = unnumbered - 1;

    const void* identity = nullptr;
    std::size_t number = unnumbered;
    // Where its PUT goes; while it is unfinished, the entries there were when it was last begun.
    std::size_t position = 0;
  };

  std::size_t size() const noexcept { return size_; }

  // nullptr where there is none; valid until the next insertion.
  entry* find(const void* identity) noexcept {
    if (size_ == 0) return nullptr;
    for (std::size_t i = slot(identity);; i = (i + 1) & mask_) {
      if (slots_[i].identity == identity) return &slots_[i];
      if (slots_[i].identity == nullptr) return nullptr;
    }
  }

  // Replaces an entry of the same identity.
  void put(const entry& e) {
    if (2 * (size_ + 1) > capacity()) grow();
    std::size_t i = slot(e.identity);
    while (slots_[i].identity != nullptr && slots_[i].identity != e.identity)
      i = (i + 1) & mask_;
    if (slots_[i].identity == nullptr) ++size_;
    slots_[i] = e;
  }

 private:
  std::size_t capacity() const noexcept { return slots_ ? mask_ + 1 : 0; }
  std::size_t slot(const void* identity) const noexcept {
    // Nodes are aligned and near one another; multiplication spreads them over the high bits.
    const auto bits = reinterpret_cast<std::uintptr_t>(identity) * 0x9e3779b97f4a7c15;
    return static_cast<std::size_t>(bits >> shift_);
  }

  void grow() {
    const std::size_t before = capacity();
    const auto old = std::move(slots_);
    const std::size_t now = before == 0 ? 64 : 2 * before;
    slots_ = std::make_unique<entry[]>(now);
    mask_ = now - 1;
    shift_ = before == 0 ? 64 - 6 : shift_ - 1;
    size_ = 0;
    for (std::size_t i = 0; i < before; ++i) {
      if (old[i].identity != nullptr) put(old[i]);
    }
  }

  std::unique_ptr<entry[]> slots_;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
  unsigned shift_ = 0;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_MEMO_TABLE_HPP
