// SPDX-License-Identifier: BSL-1.0

// How many bytes values at rest take in this process: their blocks (frozen.hpp), and what the
// hosted containers that hold many of them report for themselves. Thread-safe, and cheap enough to
// be called for every block.

#ifndef PICKLED_FROZEN_MEMORY_IN_USE_HPP
#define PICKLED_FROZEN_MEMORY_IN_USE_HPP

#include <cstddef>

namespace pickled::inline v0::detail {

class memory_in_use {
 public:
  static void add(std::size_t bytes) noexcept;
  static void remove(std::size_t bytes) noexcept;
  // What other threads add meanwhile may be missing.
  static std::size_t total() noexcept;
};

// A part of it that one owner answers for, and gives back at its end.
class memory_share {
 public:
  memory_share() noexcept = default;
  memory_share(const memory_share&) = delete;
  memory_share& operator=(const memory_share&) = delete;
  ~memory_share() { set(0); }

  void set(std::size_t bytes) noexcept {
    if (bytes > bytes_)
      memory_in_use::add(bytes - bytes_);
    else
      memory_in_use::remove(bytes_ - bytes);
    bytes_ = bytes;
  }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FROZEN_MEMORY_IN_USE_HPP
