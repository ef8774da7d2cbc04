// SPDX-License-Identifier: BSL-1.0

// The places of a queue that has a `maxsize`: the semaphore that who puts takes one of, and that
// who gets gives it back to. CPython loses those of what a process had put, and not written yet,
// when it was killed. Who is of this library writes down beside the semaphore how many these are,
// and others of it give them back:
//
//   records  := 128 times a record of a process, and how many places and tasks it has
//
// Between an item's place and its bytes there is no moment in which both are the dead process's: it
// hands the place on right before it writes, when nothing stands in the way any more.

#ifndef PICKLED_PROCESS_QUEUE_ROOM_HPP
#define PICKLED_PROCESS_QUEUE_ROOM_HPP

#include "pickled/process/synchronize.hpp"
#include "process/recorded_process.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>

namespace pickled::inline v0::detail {

// Any thread may use it.
class queue_room {
 public:
  explicit queue_room(multiprocessing::bounded_semaphore places) noexcept;
  ~queue_room();
  queue_room(const queue_room&) = delete;
  queue_room& operator=(const queue_room&) = delete;

  const multiprocessing::bounded_semaphore& places() const noexcept { return places_; }

  // A place for an item, if there is one in time.
  bool acquire_until(const multiprocessing::deadline& until);
  // The item with the place is one of the unfinished tasks of a joinable queue.
  void count_task() noexcept;
  // So many items are about to be written, all or none of them.
  void hand_on(std::size_t items) noexcept;
  // It was not written after all.
  void take_again() noexcept;
  // An item that was handed on is there no more.
  void release() const { places_.release(); }

  // Gives back what processes had that are dead. `task_lost` is called for each task of theirs.
  // Looks ten times a second at most.
  void reclaim(const std::function<void()>& task_lost);

 private:
  struct record {
    std::atomic<std::uint64_t> owner;  // 0 where there is none
    std::atomic<std::uint32_t> places;
    std::atomic<std::uint32_t> tasks;
  };

  std::span<record> records() const noexcept;
  record* mine() noexcept;
  void count(std::uint32_t change) noexcept;

  const multiprocessing::bounded_semaphore places_;
  const semaphore_memory memory_;
  std::atomic<bool> counts_tasks_ = false;

  std::mutex mutex_;
  record* mine_ = nullptr;
  unsigned claimed_in_;  // a child of fork has one of its own
  std::chrono::steady_clock::time_point next_look_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_QUEUE_ROOM_HPP
