// SPDX-License-Identifier: BSL-1.0

// Where the nodes of one value live. An arena only grows; all of it is freed at once, so that
// a value may be cyclic, or nested a million deep, and still goes without a recursive destructor.
//
// Up to 64 MiB of what the arenas of a process had stay with it, for the arenas to come, or as much
// as keep_spare_memory() says.

#ifndef PICKLED_VALUE_ARENA_HPP
#define PICKLED_VALUE_ARENA_HPP

#include "pickled/namespace.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <memory_resource>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// Not thread-safe while it grows; what it holds may be read by many threads at once.
class arena {
 public:
  // Chunks are taken from `memory`, which must outlive what is in the arena, or, without one, from
  // the system and what stays with the process.
  explicit arena(std::size_t limit = std::numeric_limits<std::size_t>::max(),
                 std::pmr::memory_resource* memory = nullptr) noexcept
      : limit_(limit), memory_(memory) {}
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;

  // Uninitialised memory, or nullptr where the arena would then hold more than its limit.
  void* try_allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) noexcept {
    const std::size_t padding = (0 - reinterpret_cast<std::uintptr_t>(next_)) & (alignment - 1);
    if (padding + size <= left_) {
      std::byte* at = next_ + padding;
      next_ = at + size;
      left_ -= padding + size;
      return at;
    }
    return allocate_chunk(size);
  }

  // The same, but throws std::bad_alloc.
  void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t));

  // Keeps `owner` alive as long as the arena: values may then point into what it owns.
  void keep(std::shared_ptr<const void> owner) { kept_.push_back(std::move(owner)); }

  // Bytes taken for chunks so far.
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  void* allocate_chunk(std::size_t size) noexcept;

  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t chunk_ = 1024;
  std::size_t bytes_ = 0;
  std::size_t limit_;
  std::pmr::memory_resource* memory_;
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::vector<std::shared_ptr<const void>> kept_;
};

// From now on so many bytes, at most 64 MiB, stay with the process when arenas go; what is more is
// given back at once. 0 keeps nothing. Thread-safe.
void keep_spare_memory(std::size_t bytes) noexcept;

PICKLED_END_NAMESPACE

#endif  // PICKLED_VALUE_ARENA_HPP
