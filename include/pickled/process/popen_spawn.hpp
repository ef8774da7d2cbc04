// SPDX-License-Identifier: BSL-1.0

// A child process that is started as CPython's spawn method starts it: a fresh program that is told
// by its command line where to read what it has to do. Mirrors popen_spawn_posix.Popen.
//
//   executable flag* -c "from multiprocessing.spawn import spawn_main; spawn_main(...)"
//              --multiprocessing-fork
//
// What runs is a CPython, or a worker in C++ (process/worker_main.hpp).

#ifndef PICKLED_PROCESS_POPEN_SPAWN_HPP
#define PICKLED_PROCESS_POPEN_SPAWN_HPP

#include "pickled/connection/socket.hpp"
#include "pickled/process/deadline.hpp"
#include "pickled/process/reduction.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

struct spawn_options {
  // A path, or a name that $PATH finds. Where it is empty a CPython: $PICKLED_PYTHON, else python3.
  std::string executable = {};
  std::vector<std::string> flags = {};        // of the interpreter, such as "-X", "dev"
  std::vector<std::string> python_path = {};  // where Python looks for modules first
  std::string directory = {};                 // to run in; empty for the one of this process
  std::string authkey = {};                   // multiprocessing.current_process().authkey there
};

// The two pickles of a child, and the files that it inherits.
struct process_pickles {
  buffer bytes;
  std::vector<shared_descriptor> inherited;
};

// The preparation data and a multiprocessing.Process that calls target(*args, **kwds).
// Precondition: what is passed was made while `scope` lives.
struct process_object {
  std::string name;
  bool daemon = false;
  value_view target;
  value_view args;  // a tuple
  value_view kwds;  // a dict
};
process_pickles write_process(const process_object& process, const spawn_options& options,
                              const spawning& scope, value_builder& b);

// One child, until it is waited for. Used by one thread at a time. What still runs when this goes
// is left alone, and learns that its parent is gone.
class popen_spawn {
 public:
  // Starts it; with `dies_with_thread` the kernel kills it as soon as the calling thread has ended.
  // Throws std::system_error where there is no such program, or no room for one.
  popen_spawn(const process_pickles& pickles, const spawn_options& options,
              bool dies_with_thread = false);
  popen_spawn(popen_spawn&&) = default;
  popen_spawn& operator=(popen_spawn&&) = default;

  pid_t pid() const noexcept { return pid_; }
  // Readable once the child has ended. Closed with this.
  int sentinel() const noexcept { return pidfd_.get(); }
  // The exit code, and -n where signal n ended it; nullopt while it runs. 255 where somebody else
  // waited for it.
  std::optional<int> poll() { return wait(std::chrono::steady_clock::time_point()); }
  std::optional<int> wait(const deadline& until = std::nullopt);
  // No effect on one that has ended.
  void send_signal(int signal) noexcept;

 private:
  pid_t pid_ = 0;
  descriptor pidfd_;
  descriptor alive_;  // the child sees its end when this process is gone
  std::optional<int> returncode_;
};

// "exit code 3", "was killed by SIGKILL" and such, of an exit code as poll returns it.
std::string describe_exit(int exit_code);

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_POPEN_SPAWN_HPP
