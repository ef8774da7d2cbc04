// SPDX-License-Identifier: BSL-1.0

// The command line by which CPython starts its helpers from the executable that it was given
// (multiprocessing.set_executable): `spawn.get_command_line`, `ResourceTracker.ensure_running`,
// `ForkServer.ensure_running`.
//
//   command := executable flag* "-c" code argument*
//   code    := "from multiprocessing.spawn import spawn_main; spawn_main(name=value, ...)"
//            | anything else that names multiprocessing, which is for a Python to run

#ifndef PICKLED_PROCESS_COMMAND_LINE_HPP
#define PICKLED_PROCESS_COMMAND_LINE_HPP

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

// What is told to spawn_main.
struct spawn_arguments {
  int pipe_handle = -1;           // the read end of the pipe with the two pickles
  std::optional<int> tracker_fd;  // the write end of the resource tracker's pipe

  friend bool operator==(const spawn_arguments&, const spawn_arguments&) = default;
};

// Where the code stands in `arguments`, which are those after the executable; nullopt where it is
// not CPython who calls.
std::optional<std::size_t> find_code(std::span<const std::string> arguments);

// nullopt where the code is not that of a spawned process.
std::optional<spawn_arguments> parse_spawn_code(std::string_view code);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_COMMAND_LINE_HPP
