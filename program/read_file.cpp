// SPDX-License-Identifier: BSL-1.0

#include "program/read_file.hpp"

#include "pickled/connection/socket.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace pickled::inline v0::detail {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file.peek() != std::ifstream::traits_type::eof()) content << file.rdbuf();
  // A directory opens, and fails when it is read.
  if (!file.is_open() || file.bad() || !content) throw std::runtime_error(last_error().message());
  return std::move(content).str();
}

}  // namespace pickled::inline v0::detail
