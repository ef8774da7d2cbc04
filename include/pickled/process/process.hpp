// SPDX-License-Identifier: BSL-1.0

// A function of Python's in a process of its own, which runs in a stock CPython or, where it is one
// of a C++ worker's, there. Mirrors multiprocessing.Process.
//
//   process p("shutil.rmtree", "/tmp/old");
//   p.start();
//   p.join();
//   if (p.exit_code() != 0) ...

#ifndef PICKLED_PROCESS_PROCESS_HPP
#define PICKLED_PROCESS_PROCESS_HPP

#include "pickled/convert/call_arguments.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/process/popen_spawn.hpp"

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

struct process_options {
  spawn_options spawn = {};
  std::string name = {};  // empty for "SpawnProcess-N"
  bool daemon = false;    // ended, not waited for, by the destructor
};

// Used by one thread at a time. The destructor waits for a process that runs, after it has
// terminated one that is a daemon.
class process {
 public:
  // `target` is "MODULE.FUNCTION" as Python imports it; arguments may be anything that converts,
  // keyword{"name", argument} and queues, locks and connections of this namespace among them. They
  // are pickled at once.
  template <class... Args>
  process(process_options options, std::string_view target, const Args&... args)
      : options_(std::move(options)) {
    const spawning scope;
    call_arguments call;
    (call.add(args), ...);
    prepare(target, call, scope);
  }
  template <class... Args>
  explicit process(std::string_view target, const Args&... args)
      : process(process_options(), target, args...) {}
  process(process&&) = default;
  process& operator=(process&& other) noexcept;
  ~process();

  // Throws std::system_error where there is no such program, and std::logic_error where it was
  // started before. What goes wrong in the child is told by its exit code, and on stderr.
  void start();

  // These throw std::logic_error before start().
  void join();
  // Whether it ended in time.
  template <class Rep, class Period>
  bool join(const std::chrono::duration<Rep, Period>& timeout) {
    return started().wait(deadline_after(timeout)).has_value();
  }
  // nullopt while it runs, and before start(); -n where signal n ended it.
  std::optional<int> exit_code();
  bool is_alive() { return popen_ && !exit_code(); }
  void terminate() { started().send_signal(SIGTERM); }
  void kill() { started().send_signal(SIGKILL); }
  pid_t pid() { return started().pid(); }
  // Readable once the process has ended, for poll and the like (process/awaitable.hpp); closed with
  // this.
  int sentinel() { return started().sentinel(); }

  const std::string& name() const noexcept { return options_.name; }
  bool daemon() const noexcept { return options_.daemon; }

 private:
  void prepare(std::string_view target, call_arguments& call, const spawning& scope);
  popen_spawn& started();
  void finish() noexcept;

  process_options options_;
  process_pickles pickles_;
  std::unique_ptr<popen_spawn> popen_;  // once it was started
};

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_PROCESS_HPP
