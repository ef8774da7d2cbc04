// SPDX-License-Identifier: BSL-1.0

// What a worker knows of the Process that it is: multiprocessing.current_process() and
// parent_process(). Python tells it once, as the process starts.

#ifndef PICKLED_PROCESS_CURRENT_PROCESS_HPP
#define PICKLED_PROCESS_CURRENT_PROCESS_HPP

#include "pickled/value/value.hpp"

#include <string>
#include <sys/types.h>

namespace pickled {

struct process_identity {
  std::string name = "MainProcess";
  bool daemon = false;
  pid_t parent_pid = 0;     // 0 where nobody of multiprocessing's started this program
  std::string parent_name;  // "MainProcess", mostly
};

// That of this program. Any thread may read it once worker_main has called a function.
const process_identity& current_process() noexcept;

// Takes it from the process object that a parent sends (popen_spawn.hpp has its attributes).
void set_current_process(value_view process);

}  // namespace pickled

#endif  // PICKLED_PROCESS_CURRENT_PROCESS_HPP
