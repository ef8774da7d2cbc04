// SPDX-License-Identifier: BSL-1.0

// What a worker knows of the Process that it is: multiprocessing.current_process() and
// parent_process(). Python tells it once, as the process starts.

#ifndef PICKLED_PROCESS_CURRENT_PROCESS_HPP
#define PICKLED_PROCESS_CURRENT_PROCESS_HPP

#include "pickled/process/deadline.hpp"
#include "pickled/value/value.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>

PICKLED_BEGIN_NAMESPACE

struct process_identity {
  std::string name = "MainProcess";
  bool daemon = false;
};

// The process that started this one: multiprocessing.process._ParentProcess.
class parent_identity {
 public:
  // `sentinel` is the end of a pipe that the parent holds the other end of.
  parent_identity(std::string name, pid_t pid, int sentinel)
      : name_(std::move(name)), pid_(pid), sentinel_(sentinel) {}

  const std::string& name() const noexcept { return name_; }  // "MainProcess", mostly
  pid_t pid() const noexcept { return pid_; }
  // Readable once it has ended, for poll and the like. Stays open.
  int sentinel() const noexcept { return sentinel_; }
  // Throw std::system_error where they cannot wait.
  bool is_alive() const { return !join_until(std::chrono::steady_clock::time_point()); }
  void join() const { join_until(std::nullopt); }
  // Whether it ended in time.
  template <class Rep, class Period>
  bool join(const std::chrono::duration<Rep, Period>& timeout) const {
    return join_until(multiprocessing::deadline_after(timeout));
  }

 private:
  bool join_until(const multiprocessing::deadline& until) const;

  std::string name_;
  pid_t pid_;
  int sentinel_;
};

// Those of this program. Any thread may read them once worker_main has called a function. Nobody of
// multiprocessing's started a program that has no parent.
const process_identity& current_process() noexcept;
const std::optional<parent_identity>& parent_process() noexcept;

namespace detail {

// Takes them from the process object that a parent sends (popen_spawn.hpp has its attributes), and
// the pipe that it came by.
void set_current_process(value_view process, int pipe);

}  // namespace detail

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_CURRENT_PROCESS_HPP
