// SPDX-License-Identifier: BSL-1.0

// The writing end of a queue in one process: what was put and is not in the pipe yet, and the
// thread that puts it there. Mirrors multiprocessing.queues.Queue._feed.

#ifndef PICKLED_PROCESS_FEEDER_HPP
#define PICKLED_PROCESS_FEEDER_HPP

#include "pickled/process/pipe.hpp"
#include "pickled/process/queue_lock.hpp"
#include "pickled/value/buffer.hpp"
#include "process/queue_room.hpp"

#include <memory>
#include <thread>

namespace pickled::inline v0::detail {

//   put() ... put() -> close() -> join()
//
// Any thread may use it. The thread starts with the first item that the pipe cannot take at once.
class feeder {
 public:
  // An item that cannot be written gives its place in `room` back.
  feeder(multiprocessing::connection writer, multiprocessing::queue_lock wlock,
         std::shared_ptr<queue_room> room, bool ignore_epipe);
  // Waits for the thread, unless cancel_join was called. What went wrong and was thrown to nobody
  // is told on stderr, as by Queue._on_queue_feeder_error.
  ~feeder();
  feeder(const feeder&) = delete;
  feeder& operator=(const feeder&) = delete;

  const multiprocessing::connection& writer() const noexcept;
  const multiprocessing::queue_lock& wlock() const noexcept;

  // Throws python_error ValueError after close(), and once what went wrong with an item before; but
  // each time where the queue is dead, since a process died amid a message.
  void check() const;
  // Takes the item over, whose place was acquired. Throws std::system_error where it was tried and
  // could not be written.
  void put(buffer item);
  void close();
  // Blocks until everything is written. Throws what went wrong, as check().
  void join();
  void cancel_join();

 private:
  struct work;

  // The thread shares it: it may outlive this.
  std::shared_ptr<work> work_;
  std::thread thread_;
};

// One item into the pipe of a queue. Precondition: `held` is acquired. Throws std::system_error.
void send_item(const multiprocessing::connection& to, const multiprocessing::queue_lock& held,
               bytes_view item);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_FEEDER_HPP
