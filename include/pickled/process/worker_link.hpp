// SPDX-License-Identifier: BSL-1.0

// One worker of a pool of ours: its process, and the pipes that lead to it and to nobody else, so
// that no worker can die with a lock that others need. It runs multiprocessing.pool.worker, with
// queues of these pipes.
//
// The end that it reads from stays open here as well, so that what it has not read can be taken
// back. It takes a task, in two reads, only when it has answered the one before.

#ifndef PICKLED_PROCESS_WORKER_LINK_HPP
#define PICKLED_PROCESS_WORKER_LINK_HPP

#include "pickled/connection/frame.hpp"
#include "pickled/connection/socket.hpp"
#include "pickled/process/pool_task.hpp"
#include "pickled/process/popen_spawn.hpp"

#include <chrono>
#include <csignal>
#include <deque>
#include <optional>
#include <poll.h>
#include <sys/types.h>
#include <vector>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// Used by the pool's thread alone.
class worker_link {
 public:
  using clock = std::chrono::steady_clock;

  // Starts the process. Throws std::system_error.
  worker_link(worker_kind kind, const std::string& name, const spawn_options& options);
  worker_link(worker_link&&) = default;
  worker_link& operator=(worker_link&&) = default;

  worker_kind kind() const noexcept { return kind_; }
  pid_t pid() const noexcept { return process_.pid(); }

  // Tasks are answered in their order: the first in flight is the one that runs.
  void send(pool_task task);
  std::deque<pool_task>& in_flight() noexcept { return in_flight_; }
  const std::deque<pool_task>& in_flight() const noexcept { return in_flight_; }
  // It is asked to end once it has answered everything.
  void send_end();
  // It ends now, whatever it does.
  void end_now() noexcept {
    told_to_end_ = true;
    process_.send_signal(SIGKILL);
  }
  bool told_to_end() const noexcept { return told_to_end_; }

  // What to wait for; whether there is something to write is asked anew each time.
  pollfd writable() const noexcept;
  pollfd readable() const noexcept;
  int sentinel() const noexcept { return process_.sentinel(); }

  // Writes and reads what can be without waiting. What cannot be read from is at its end.
  void write_some();
  std::vector<buffer> read_some();
  bool at_end() const noexcept { return at_end_; }
  // Whether what comes next, and is not whole yet, is no pickle: it might never be.
  bool reads_nonsense() const noexcept;
  // Whether a part of an answer has come, and not the rest.
  bool is_amid_answer() const noexcept { return in_.inside_message(); }
  // By a signal or a debugger, so that it cannot go on.
  bool is_stopped() const noexcept;
  // Whether all of the first task has been written, so that an answer may mean it.
  bool first_is_written() const noexcept;
  // Takes the first task, which was answered.
  pool_task take_first();
  // Takes those behind the first that the worker has not begun to read. Throws std::system_error.
  std::vector<pool_task> take_back();

  void send_signal(int signal) noexcept { process_.send_signal(signal); }
  std::optional<int> exit_code() { return process_.poll(); }
  void wait() { process_.wait(); }

 private:
  void write_frame(bytes_view payload);

  worker_kind kind_;
  descriptor tasks_;
  descriptor answers_;
  descriptor unread_;  // the other end of `tasks_`
  popen_spawn process_;
  std::deque<pool_task> in_flight_;
  std::deque<std::uint64_t> ends_;  // where in all that is written each task ends
  buffer end_message_;
  detail::frame_writer out_;
  detail::frame_reader in_;
  std::uint64_t queued_ = 0;  // bytes
  std::uint64_t written_ = 0;
  bool told_to_end_ = false;
  bool at_end_ = false;
};

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_WORKER_LINK_HPP
