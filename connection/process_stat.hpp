// SPDX-License-Identifier: BSL-1.0

// What Linux tells of a process: /proc/PID/stat, see proc(5).

#ifndef PICKLED_CONNECTION_PROCESS_STAT_HPP
#define PICKLED_CONNECTION_PROCESS_STAT_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <sys/types.h>

namespace pickled::inline v0::detail {

struct process_stat {
  char state = 0;                // 'Z' where its first thread has ended
  int threads = 0;               // 1 where it is dead and nobody has waited for it
  std::uint64_t start_time = 0;  // in clock ticks since the system started
  int exit_code = 0;             // as waitpid has it, or 0 where it is not for us to know
};

// Of such a file, from its beginning; nothing, with errno where reading failed. Allocates nothing.
std::optional<process_stat> read_process_stat(int file) noexcept;
// Of the process now; nothing, with errno where there is none.
std::optional<process_stat> process_stat_of(pid_t pid) noexcept;
// Of the whole file's text; nothing where it is cut off. Allocates nothing.
std::optional<process_stat> parse_process_stat(std::string_view text) noexcept;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_PROCESS_STAT_HPP
