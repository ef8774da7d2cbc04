// SPDX-License-Identifier: BSL-1.0

#include "pickled/value/arena.hpp"

#include "pickle/value/pages.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

PICKLED_BEGIN_NAMESPACE

namespace {

constexpr std::size_t largest_chunk = std::size_t{1} << 20;

// Chunks of the largest size that no arena has now. The first touch of every page that is new from
// the system costs more than reading a pickle into it.
class spare_chunks {
 public:
  // One of them, or a new one; nullptr where there is no memory.
  std::byte* take() noexcept {
    {
      const std::lock_guard lock(mutex_);
      if (count_ != 0) return chunks_[--count_];
    }
    auto* chunk = new (std::nothrow) std::byte[largest_chunk];
    if (chunk != nullptr) detail::provide_pages(chunk, largest_chunk);
    return chunk;
  }
  void give(std::byte* chunk) noexcept {
    {
      const std::lock_guard lock(mutex_);
      if (count_ < most_) {
        chunks_[count_++] = chunk;
        return;
      }
    }
    delete[] chunk;
  }

  void keep(std::size_t bytes) noexcept {
    const std::lock_guard lock(mutex_);
    most_ = std::min(most, bytes / largest_chunk);
    while (count_ > most_)
      delete[] chunks_[--count_];
  }

 private:
  static constexpr std::size_t most = 64;

  std::mutex mutex_;
  std::byte* chunks_[most];
  std::size_t count_ = 0;
  std::size_t most_ = most;
};

// Never destroyed, because arenas in static storage give their chunks back at the end.
spare_chunks& spare() noexcept {
  static spare_chunks& all = *new spare_chunks;
  return all;
}

// A spare chunk that is given back when `kept` goes; nullptr where there is no memory.
std::byte* take_spare(std::vector<std::shared_ptr<const void>>& kept) {
  std::byte* chunk = spare().take();
  if (chunk == nullptr) return nullptr;
  const auto give_back = [](std::byte* c) { spare().give(c); };
  kept.push_back(std::shared_ptr<std::byte>(chunk, give_back));
  return chunk;
}

// A chunk of `memory`, which gets it back when `kept` goes.
std::byte* take_from(std::pmr::memory_resource& memory, std::size_t size,
                     std::vector<std::shared_ptr<const void>>& kept) {
  auto* const chunk = static_cast<std::byte*>(memory.allocate(size));
  const auto give_back = [&memory, size](std::byte* c) { memory.deallocate(c, size); };
  kept.push_back(std::shared_ptr<std::byte>(chunk, give_back));
  return chunk;
}

}  // namespace

void keep_spare_memory(std::size_t bytes) noexcept {
  spare().keep(bytes);
}

void* arena::allocate(std::size_t size, std::size_t alignment) {
  void* at = try_allocate(size, alignment);
  if (at == nullptr) throw std::bad_alloc();
  return at;
}

// A piece as large as a chunk gets one of its own, and the current chunk goes on.
void* arena::allocate_chunk(std::size_t size) noexcept {
  const bool alone = size >= chunk_ / 2;
  const std::size_t taken = alone ? size : chunk_;
  if (taken > limit_ - std::min(limit_, bytes_)) return nullptr;
  std::byte* at = nullptr;
  try {
    if (memory_ != nullptr) {
      at = take_from(*memory_, taken, kept_);
    } else if (taken == largest_chunk) {
      at = take_spare(kept_);
    } else {
      std::unique_ptr<std::byte[]> chunk(new (std::nothrow) std::byte[taken]);
      if (chunk == nullptr) return nullptr;
      at = chunk.get();
      chunks_.push_back(std::move(chunk));
      detail::provide_pages(at, taken);
    }
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  if (at == nullptr) return nullptr;
  bytes_ += taken;
  if (!alone) {
    next_ = at + size;
    left_ = taken - size;
  }
  chunk_ = std::min(chunk_ * 2, largest_chunk);
  return at;
}

PICKLED_END_NAMESPACE
