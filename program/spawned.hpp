// SPDX-License-Identifier: BSL-1.0

// The program as the executable of multiprocessing.set_executable: what CPython starts by it, and
// how that is told, is in process/.

#ifndef PICKLED_PROGRAM_SPAWNED_HPP
#define PICKLED_PROGRAM_SPAWNED_HPP

#include <optional>
#include <span>
#include <string>

namespace pickled::inline v0::detail {

// Does what CPython asks for by the command line (without its first word), and returns the exit
// status: the server of a manager is run here, everything else by a Python, which this process
// becomes. nullopt where it is not CPython that calls. Throws std::runtime_error.
std::optional<int> run_for_python(std::span<const std::string> arguments);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROGRAM_SPAWNED_HPP
