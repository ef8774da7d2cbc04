// SPDX-License-Identifier: BSL-1.0

// Where a worker's messages come from and go to: the two queues that a stock pool or executor gave
// it, or, where the pool is one of ours, a stream that no other worker reads.

#ifndef PICKLED_PROCESS_TASK_CHANNEL_HPP
#define PICKLED_PROCESS_TASK_CHANNEL_HPP

#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <functional>
#include <optional>
#include <span>

namespace pickled::inline v0::detail {

class task_channel {
 public:
  // Of the arguments of pool.worker and of _process_worker. Throw conversion_error where these are
  // no queues, and std::system_error where they are gone.
  static task_channel of_pool(std::span<const value_view> args);
  static task_channel of_executor(std::span<const value_view> args);

  // The next message, valid until the next call; nullopt where the pool has ended.
  std::optional<bytes_view> get() { return get_(); }
  void put(bytes_view message) const { put_(message); }
  // Whether it is a stream that no other worker reads.
  bool is_private() const noexcept { return private_; }

 private:
  std::function<std::optional<bytes_view>()> get_;
  std::function<void(bytes_view)> put_;
  bool private_ = false;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_TASK_CHANNEL_HPP
