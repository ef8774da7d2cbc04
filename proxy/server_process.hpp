// SPDX-License-Identifier: BSL-1.0

// A `pickled serve` that this program has started, and ends.

#ifndef PICKLED_PROXY_SERVER_PROCESS_HPP
#define PICKLED_PROXY_SERVER_PROCESS_HPP

#include "connection/temporary_directory.hpp"
#include "pickled/connection/address.hpp"
#include "pickled/connection/socket.hpp"
#include "pickled/proxy/start_options.hpp"

#include <optional>
#include <string>
#include <sys/types.h>

namespace pickled::inline v0::detail {

// The server ends with this, or if the program dies before with the program and its forks. In a
// child made by fork it is left alone.
class server_process {
 public:
  // Returns once the server listens. Throws connection_error.
  server_process(const start_options& options, const std::string& authkey);
  ~server_process();
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;

  const address& where() const noexcept { return where_; }

 private:
  void run(const start_options& options, const std::string& authkey);
  std::string read_line(const start_options& options);
  // The exit status as waitpid has it.
  int end(int signal) noexcept;

  std::optional<temporary_directory> directory_;  // of the socket, unless the address was chosen
  pid_t pid_ = 0;
  pid_t owner_ = 0;
  descriptor alive_;   // the server sees its end when this process is gone
  descriptor output_;  // where it tells its address
  address where_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROXY_SERVER_PROCESS_HPP
