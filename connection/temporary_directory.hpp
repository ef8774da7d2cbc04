// SPDX-License-Identifier: BSL-1.0

// Where CPython puts the sockets that it names itself: util.get_temp_dir and
// connection.arbitrary_address.

#ifndef PICKLED_CONNECTION_TEMPORARY_DIRECTORY_HPP
#define PICKLED_CONNECTION_TEMPORARY_DIRECTORY_HPP

#include <string>
#include <sys/types.h>

namespace pickled::inline v0::detail {

// "pymp-…" in the directory for temporary files, for this user alone. It goes with this, and
// everything in it, but not with a copy of it that a fork has left in another process.
class temporary_directory {
 public:
  // Throws std::system_error.
  temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory();

  const std::string& path() const noexcept { return path_; }

 private:
  pid_t maker_;
  std::string path_;
};

// "listener-…" in that directory, a name that nobody can guess.
std::string arbitrary_socket_path(const std::string& directory);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_TEMPORARY_DIRECTORY_HPP
