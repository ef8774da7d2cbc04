// SPDX-License-Identifier: BSL-1.0

// pathlib's paths, of which pickles hold the parts (up to Python 3.12) or the text (since 3.13).

#ifndef PICKLED_PYTHON_PATH_HPP
#define PICKLED_PYTHON_PATH_HPP

#include "pickled/value/value.hpp"

#include <string>

namespace pickled::inline v0::detail {

// str(path): without empty and "." components; two slashes in front stay, as POSIX has it.
// Precondition: every argument of the instance is a str.
std::string path_text(const instance_node& i);

// What PureWindowsPath and WindowsPath are compared by: str(path), in lower case. Letters that are
// not ASCII stay as they are, which Python does not do. Precondition: as above.
std::string windows_path_key(const instance_node& i);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_PATH_HPP
