// SPDX-License-Identifier: BSL-1.0

// A whole file as bytes.

#ifndef PICKLED_PROGRAM_READ_FILE_HPP
#define PICKLED_PROGRAM_READ_FILE_HPP

#include <string>

namespace pickled::inline v0::detail {

// Throws std::runtime_error with the system's reason: "No such file or directory".
std::string read_file(const std::string& path);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROGRAM_READ_FILE_HPP
