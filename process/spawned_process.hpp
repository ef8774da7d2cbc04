// SPDX-License-Identifier: BSL-1.0

// What a process that CPython spawns finds in its pipe (popen_spawn_posix.Popen._launch):
//
//   pipe := pickle(preparation data) pickle(process object)
//
// No length tells where they end, and no end of file: the parent keeps its end open, so that the
// end of the pipe is the end of the parent.

#ifndef PICKLED_PROCESS_SPAWNED_PROCESS_HPP
#define PICKLED_PROCESS_SPAWNED_PROCESS_HPP

#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"
#include "process/command_line.hpp"

#include <span>
#include <string>

namespace pickled::inline v0::detail {

struct spawned_process {
  buffer pickles;  // both, byte for byte
  value process;   // the process object, which points into them; None where it cannot be read
};

// Takes not a byte more than the two pickles. Throws std::runtime_error where the pipe ends before.
spawned_process read_spawned_process(int pipe);

// Becomes a Python that runs the process after all: it is given the pickles anew, and the pipe to
// watch its parent by. `arguments` are ours, with the code at `code`. Throws as exec_python.
[[noreturn]] void exec_spawned_process(const spawned_process& process,
                                       const spawn_arguments& spawned,
                                       std::span<const std::string> arguments, std::size_t code);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_SPAWNED_PROCESS_HPP
