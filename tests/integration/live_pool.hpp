// SPDX-License-Identifier: BSL-1.0

// What tests of processes share.

#ifndef PICKLED_TESTS_INTEGRATION_LIVE_POOL_HPP
#define PICKLED_TESTS_INTEGRATION_LIVE_POOL_HPP

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace pickled::inline v0::detail {

// The program tests/process/jobs_worker.cpp.
inline std::string jobs_worker() {
  const char* path = std::getenv("PICKLED_JOBS_WORKER");
  if (path == nullptr) throw std::runtime_error("PICKLED_JOBS_WORKER is not set");
  return path;
}

// Goes with this.
class temporary_file {
 public:
  temporary_file() {
    const int file = ::mkstemp(path_.data());
    if (file < 0) throw std::runtime_error("cannot make a file");
    ::close(file);
  }
  ~temporary_file() { ::unlink(path_.c_str()); }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  const std::string& path() const noexcept { return path_; }
  std::string content() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_ = "/tmp/pickled-XXXXXX";
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_INTEGRATION_LIVE_POOL_HPP
