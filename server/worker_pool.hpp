// SPDX-License-Identifier: BSL-1.0

// The threads that do what takes long, so that no I/O thread does. Clients take turns: each has a
// line of its own, and none ever has all of the threads, so that what one client asks for at once
// does not hold up another one.

#ifndef PICKLED_SERVER_WORKER_POOL_HPP
#define PICKLED_SERVER_WORKER_POOL_HPP

#include "pickled/namespace.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace pickled::inline v0::detail {

// Thread-safe, but for join().
class worker_pool {
 public:
  // Who asks: a client process, or another machine; 0 is the server itself.
  using client = std::uint64_t;

  // There are at least two threads, of which one client never has all.
  explicit worker_pool(unsigned threads);
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;
  ~worker_pool() { join(); }

  // The task runs later, on one of the threads; what it throws is told to the log. Tasks of one
  // `turn` run one after the other, those of nullptr at any time. Where this throws, which is for
  // want of memory or threads, it does not run. After join() nothing runs.
  void post(client of, std::function<void()> task, const void* turn = nullptr);

  // Runs the task here and now, as one of that turn, unless another one of it is running: false,
  // and then it has not run. Throws what the task throws.
  bool run_here(const std::function<void()>& task, const void* turn);

  // Whether nothing runs and nothing waits.
  bool idle() const;
  // Drops what has not begun, and waits for what has.
  void join() noexcept;
  // Whether that is done, and no task runs any more.
  bool joined() const noexcept { return joined_; }

 private:
  struct task {
    std::function<void()> run;
    const void* turn;
  };
  struct line {
    client of;
    std::deque<task> tasks;
    std::size_t running = 0;
  };
  // A task that may begin, and whose it is.
  struct running_task;
  struct next {
    line* of;
    std::deque<task>::iterator what;
  };

  void start_thread();
  void work();
  void replace_this_thread() noexcept;
  bool is_free(const void* turn) const noexcept;
  void end_turn(const void* turn) noexcept;
  std::optional<next> next_task() noexcept;

  const std::size_t most_threads_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<line> lines_;           // who is next comes first
  std::vector<const void*> turns_;  // of what runs
  std::size_t waiting_ = 0;
  std::size_t running_ = 0;
  bool ended_ = false;
  std::atomic<bool> joined_{false};
  std::vector<std::thread> threads_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_WORKER_POOL_HPP
