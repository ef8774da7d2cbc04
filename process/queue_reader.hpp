// SPDX-License-Identifier: BSL-1.0

// The end of a queue that processes take turns to read: its pipe, and the lock that goes with it;
// and the lock of the other end, which tells whether a writer died amid a message.

#ifndef PICKLED_PROCESS_QUEUE_READER_HPP
#define PICKLED_PROCESS_QUEUE_READER_HPP

#include "pickled/connection/socket.hpp"
#include "pickled/process/pipe.hpp"
#include "pickled/process/queue_lock.hpp"

#include <functional>
#include <optional>

namespace pickled::inline v0::detail {

// Any thread may use it.
class queue_reader {
 public:
  queue_reader(multiprocessing::connection from, multiprocessing::queue_lock lock,
               multiprocessing::queue_lock writers) noexcept;

  const multiprocessing::connection& from() const noexcept { return from_; }
  const multiprocessing::queue_lock& lock() const noexcept { return lock_; }

  // The next message, or nothing where the time has passed. Throws as connection and queue_lock;
  // `owner_dead` also where there is none, and a writer died amid one. The lock is free while there
  // is none. `glances`, if any, is called twice a second meanwhile.
  std::optional<buffer> receive(const multiprocessing::deadline& until,
                                const std::function<void()>& glances) const;

 private:
  // Whether one has come, or who has the lock is dead.
  bool wait_for_message(const multiprocessing::deadline& until,
                        const std::function<void()>& glances) const;

  multiprocessing::connection from_;
  multiprocessing::queue_lock lock_;
  multiprocessing::queue_lock writers_;
  descriptor turns_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_QUEUE_READER_HPP
