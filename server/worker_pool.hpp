// SPDX-License-Identifier: BSL-1.0

// The threads that do what takes long, so that no I/O thread does. Clients take turns: each has a
// line of its own, and none ever has all of the threads, so that what one client asks for at once
// does not hold up another one.
//
// A task may ask the server that it is run for, and wait: its thread does nothing meanwhile. So
// what is asked for from within has threads of its own, however many others there are. Tasks that
// would wait for each other's turns for ever are refused.

#ifndef PICKLED_SERVER_WORKER_POOL_HPP
#define PICKLED_SERVER_WORKER_POOL_HPP

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace pickled::inline v0::detail {

// Thread-safe, but for join().
class worker_pool {
 public:
  // A client process, or another machine; 0 is the server itself.
  using client = std::uint64_t;

  // Who asks. `thread` is what its connection is called, see connection/thread_name.hpp: a task
  // asks for those that the thread which runs it asks for.
  struct asker {
    client of = 0;
    bool within = false;  // this very process, and so maybe a task
    std::string_view thread = {};
  };
  // Why a task is not taken.
  enum class refusal : std::uint8_t {
    none,
    circle,    // its turn is that of a task which waits for this one
    too_deep,  // as many tasks as most_nested wait for each other already
  };
  // So many threads are in use for one call of a client, at most.
  static constexpr std::size_t most_nested = 100;

  // There are at least two threads for clients, of which one client never has all.
  explicit worker_pool(unsigned threads);
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;
  ~worker_pool() { join(); }

  // The task runs later, on one of the threads; what it throws is told to the log. Tasks of one
  // `turn` run one after the other, those of nullptr at any time. Where it is refused, or this
  // throws, which is for want of memory or threads, it does not run. After join() nothing runs.
  refusal post(const asker& who, std::function<void()> task, const void* turn = nullptr);

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
  struct line;
  struct task {
    std::function<void()> run;
    const void* turn;
    std::uint64_t asked_by = 0;  // the number of the task that waits for this one
    std::uint64_t number = 0;
    line* of = nullptr;
    std::string_view thread = {};  // that runs it
  };
  struct line {
    client of;
    bool within;
    std::list<task> tasks;
    std::size_t running = 0;
  };
  struct running_task;
  using tasks = std::list<task>;

  void provide_thread(bool within);
  void start_thread();
  void work();
  void leave(std::unique_lock<std::mutex>& lock);
  void replace_this_thread() noexcept;
  bool is_free(const void* turn) const noexcept;
  const task* find(std::uint64_t number) const noexcept;
  const task* asker_of(const task& t) const noexcept { return find(t.asked_by); }
  refusal refusal_of(const task& asked) const noexcept;
  bool waits_for(const task& running, const task& asked) const noexcept;
  // Moves it to what runs; nullptr where nothing may begin.
  task* begin_next(std::string_view thread) noexcept;
  void end(const task& of) noexcept;

  const std::size_t most_threads_;  // but for what is asked for from within
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<line> lines_;  // who is next comes first
  tasks running_;
  std::uint64_t numbers_ = 0;
  std::size_t waiting_ = 0;
  std::size_t within_ = 0;  // asked for from within, waiting or running
  std::size_t others_ = 0;  // and all others
  std::size_t running_others_ = 0;
  bool ended_ = false;
  std::atomic<bool> joined_{false};
  std::vector<std::thread> threads_;
  std::thread left_;  // the last that was not needed any more
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_WORKER_POOL_HPP
