// SPDX-License-Identifier: BSL-1.0

// The program that started a server, which the server does not outlive for long.

#ifndef PICKLED_PROGRAM_PARENT_HPP
#define PICKLED_PROGRAM_PARENT_HPP

#include "server/server.hpp"

#include <asio/posix/stream_descriptor.hpp>

#include <array>

namespace pickled::inline v0::detail {

// Ends the server once every process has gone that holds the other end of a pipe, and nobody has
// been connected for some seconds: others may still be between two connections. To be made and
// destroyed while the server does not run.
class parent {
 public:
  // Takes the pipe over. Throws std::system_error where it is not one.
  parent(server& s, int pipe);

 private:
  void wait();

  server& server_;
  asio::posix::stream_descriptor pipe_;
  std::array<char, 64> ignored_{};
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROGRAM_PARENT_HPP
