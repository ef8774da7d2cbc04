// SPDX-License-Identifier: BSL-1.0

// The commands of the program, one a file.

#ifndef PICKLED_PROGRAM_COMMAND_HPP
#define PICKLED_PROGRAM_COMMAND_HPP

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace pickled::inline v0::detail {

// Each adds its command with all options to `program`. When the command line asked for it, it
// leaves in `chosen` what is to be run, which returns the exit status and may throw.
void add_serve(CLI::App& program, std::function<int()>& chosen);
void add_convert(CLI::App& program, std::function<int()>& chosen);
void add_show(CLI::App& program, std::function<int()>& chosen);
void add_scan(CLI::App& program, std::function<int()>& chosen);

// --encoding, which the filters share.
void add_encoding(CLI::App& command, std::string& encoding);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROGRAM_COMMAND_HPP
