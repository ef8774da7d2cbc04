// SPDX-License-Identifier: BSL-1.0

// The thread of a pool: it starts workers, hands tasks to them, and tells what came of each. Nobody
// else touches a worker. Does what multiprocessing.pool.Pool does in three threads.
//
//   submit -> waiting, by the task's kind -> in flight, at a worker -> done
//                 ^                            | the worker ended
//                 +---- had not begun ---------+---- was running: retried, or worker_died
//
// A few more tasks than the one that it runs wait in the pipe of a worker, so that it need not
// wait for us. Those behind a task that takes long are taken back as soon as another worker is
// idle.

#ifndef PICKLED_PROCESS_POOL_LOOP_HPP
#define PICKLED_PROCESS_POOL_LOOP_HPP

#include "pickled/connection/socket.hpp"
#include "pickled/process/pool_task.hpp"
#include "pickled/process/popen_spawn.hpp"
#include "pickled/process/worker_link.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// The workers of one kind.
struct worker_group {
  std::size_t count = 0;
  spawn_options spawn;
  // Called in each of them, before any task; by a worker in C++ only if it has the function.
  std::optional<function_call> initializer;
};

struct worker_info {
  worker_kind kind;
  pid_t pid;
  std::uint64_t tasks;  // that it has answered
  bool alive;
};

class pool_loop {
 public:
  // `max_tasks_per_child` is 0 where workers live as long as the pool. Throws std::system_error
  // where the first workers cannot be started, and broken_pool where those in C++ are none.
  pool_loop(worker_group python, worker_group cpp, std::uint64_t max_tasks_per_child);
  // Waits for what is left to do if the pool was closed, and terminates it otherwise.
  ~pool_loop();
  pool_loop(const pool_loop&) = delete;
  pool_loop& operator=(const pool_loop&) = delete;

  // The functions of the workers in C++.
  const std::set<std::string, std::less<>>& cpp_functions() const noexcept {
    return cpp_functions_;
  }

  // Any thread may call what follows.
  std::uint64_t next_id() noexcept { return ++last_id_; }
  // Throws broken_pool after close() or terminate(). `done` may be called before this returns.
  void submit(std::vector<pool_task> tasks);
  // No more tasks; workers end when there is nothing left to do.
  void close();
  // What is not done fails with broken_pool. Workers that SIGTERM does not end are killed.
  void terminate();
  // Blocks until all workers have ended. Precondition: closed or terminated.
  void join();
  // All that there ever were.
  std::vector<worker_info> workers() const;

 private:
  using clock = std::chrono::steady_clock;
  using names = std::set<std::string, std::less<>>;
  enum class phase : std::uint8_t { open, closed, terminated };

  struct worker {
    explicit worker(worker_link l) : link(std::move(l)) {}

    worker_link link;
    bool listed = false;  // one in C++ has told what functions it has
    bool initializing = false;
    bool ready = false;
    bool mad = false;  // what it says counts no more
    std::uint64_t given = 0;
    std::uint64_t answered = 0;
    clock::time_point since;  // when the task that it runs was sent, or its turn came
    std::optional<clock::time_point> kill_at;
    std::optional<clock::time_point> stuck_at;  // unless more of the answer comes that has begun
  };
  struct group {
    worker_group about;
    std::deque<pool_task> waiting;
    unsigned failed_starts = 0;  // in a row
    unsigned killed_starts = 0;  // by SIGKILL, in a row
    std::exception_ptr broken;   // why no task can be run
  };

  void run(std::promise<void>& starting);
  void turn();
  void start_workers();
  void start_worker(worker_kind kind);
  void take_submitted();
  void assign(worker_kind kind);
  worker* worker_for(worker_kind kind);
  void take_back(worker_kind kind);
  static bool has_waiting(const worker& w) noexcept;
  bool may_take_back(worker_kind kind);
  void give(worker& w, pool_task task);
  void send_internal(worker& w, const function_call& call);
  void end_idle_workers();
  void wait_for_events();
  void receive(worker& w);
  void look_after(worker& w);
  void handle_answer(worker& w, buffer message);
  void handle_start(worker& w, task_outcome outcome);
  void take_functions(const pickled::value& listed);
  void handle_end(worker& w, int exit_code);
  void end_mad(worker& w, const std::exception_ptr& why);
  void fail_start(group& g, const std::exception_ptr& why);
  void break_group(group& g, const std::exception_ptr& why);
  void terminate_workers();
  bool has_work(worker_kind kind) const noexcept;
  void publish();
  void wake() const noexcept;
  group& group_of(worker_kind kind) noexcept { return groups_[static_cast<std::size_t>(kind)]; }
  const group& group_of(worker_kind kind) const noexcept {
    return groups_[static_cast<std::size_t>(kind)];
  }

  // Of the thread alone.
  const std::uint64_t max_tasks_;
  std::array<group, 2> groups_;
  std::vector<worker> workers_;
  std::uint64_t started_ = 0;
  phase seen_ = phase::open;

  mutable std::mutex mutex_;
  std::vector<pool_task> submitted_;
  phase phase_ = phase::open;
  std::vector<worker_info> living_;
  std::vector<worker_info> ended_;

  std::promise<names> listing_;
  bool listing_set_ = false;
  names cpp_functions_;  // not changed after the constructor
  std::atomic<std::uint64_t> last_id_{0};
  descriptor wake_;
  std::thread thread_;
};

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_POOL_LOOP_HPP
