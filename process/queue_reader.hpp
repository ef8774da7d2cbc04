// SPDX-License-Identifier: BSL-1.0

// The end of a queue that processes take turns to read: its pipe, and the lock that goes with it.

#ifndef PICKLED_PROCESS_QUEUE_READER_HPP
#define PICKLED_PROCESS_QUEUE_READER_HPP

#include "pickled/process/pipe.hpp"
#include "pickled/process/queue_lock.hpp"

#include <optional>

namespace pickled::multiprocessing {

// Any thread may use it.
class queue_reader {
 public:
  queue_reader(connection from, queue_lock lock) noexcept
      : from_(std::move(from)), lock_(std::move(lock)) {}

  const connection& from() const noexcept { return from_; }
  const queue_lock& lock() const noexcept { return lock_; }

  // The next message, or nothing where the time has passed. Throws as connection and queue_lock.
  // Nothing is locked while there is none.
  std::optional<buffer> receive(const deadline& until) const;

 private:
  connection from_;
  queue_lock lock_;
};

}  // namespace pickled::multiprocessing

#endif  // PICKLED_PROCESS_QUEUE_READER_HPP
