// SPDX-License-Identifier: BSL-1.0

// The arguments and variables of a program, as exec and posix_spawn take them.

#ifndef PICKLED_PROXY_EXEC_STRINGS_HPP
#define PICKLED_PROXY_EXEC_STRINGS_HPP

#include <string>
#include <vector>

namespace pickled::inline v0::detail {

// Pointers into the strings, and a null one at the end.
inline std::vector<char*> exec_strings(std::vector<std::string>& strings) {
  std::vector<char*> found;
  for (std::string& each : strings)
    found.push_back(each.data());
  found.push_back(nullptr);
  return found;
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROXY_EXEC_STRINGS_HPP
