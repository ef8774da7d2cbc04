// SPDX-License-Identifier: BSL-1.0

// A resource tracker for families whose first process is no Python: what
// multiprocessing.resource_tracker.main does, in a process that is forked for it, so that no
// interpreter and no other program is needed.
//
//   line := command ":" name ":" rtype            name may contain ":" itself
//         | a JSON object of "cmd", "rtype" and "base64_name"
//   command := "REGISTER" | "UNREGISTER" | "PROBE"

#ifndef PICKLED_PROCESS_TRACKER_PROCESS_HPP
#define PICKLED_PROCESS_TRACKER_PROCESS_HPP

#include "pickled/connection/socket.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace pickled::inline v0::detail {

// One line taken apart. Everything here works without memory of its own.
struct tracker_line {
  static constexpr std::size_t longest_name = 255;

  enum class command { add, remove, probe, invalid };
  enum class type { semaphore, shared_memory, other };

  command what = command::invalid;
  type of = type::other;
  std::array<char, longest_name> name{};
  std::size_t name_size = 0;

  std::string_view name_view() const noexcept { return {name.data(), name_size}; }
};

tracker_line parse_tracker_line(std::string_view line) noexcept;

// Starts it, and gives the pipe that it is told by; it ends when no process has that open any more,
// and then removes what was registered and not taken back, with a warning on stderr. It ignores
// SIGINT and SIGTERM, and is no child of this process. Throws std::system_error.
descriptor start_tracker();

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_TRACKER_PROCESS_HPP
