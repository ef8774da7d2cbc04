// SPDX-License-Identifier: BSL-1.0

// What a container's slots amount to, kept up to date as they come and go.

#ifndef PICKLED_SERVER_SYNC_HOLDINGS_HPP
#define PICKLED_SERVER_SYNC_HOLDINGS_HPP

#include "frozen/memory_in_use.hpp"
#include "pickled/frozen/frozen.hpp"

#include <atomic>
#include <cstddef>

namespace pickled::inline v0::detail {

// Guarded by the mutex of the container, but for bytes(). A block in several slots counts in each;
// in the memory of the process it counts once, and here only the slots do.
class holdings {
 public:
  // What a slot takes by itself.
  explicit holdings(std::size_t slot = sizeof(frozen)) noexcept : slot_(slot) {}

  void add(const frozen& slot) noexcept {
    set_bytes(bytes() + slot_ + slot.memory());
    slots_.set(slots_.bytes() + slot_);
    if (!slot.holes().empty()) ++with_proxies_;
  }
  void remove(const frozen& slot) noexcept {
    set_bytes(bytes() - slot_ - slot.memory());
    slots_.set(slots_.bytes() - slot_);
    if (!slot.holes().empty()) --with_proxies_;
  }

  void clear() noexcept {
    set_bytes(0);
    with_proxies_ = 0;
    slots_.set(0);
  }

  std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  // Whether any slot has a proxy in it: if not, none need be looked at for them.
  bool have_proxies() const noexcept { return with_proxies_ != 0; }

 private:
  // Only one thread writes at a time.
  void set_bytes(std::size_t bytes) noexcept { bytes_.store(bytes, std::memory_order_relaxed); }

  const std::size_t slot_;
  std::atomic<std::size_t> bytes_{0};
  std::size_t with_proxies_ = 0;
  memory_share slots_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SYNC_HOLDINGS_HPP
