// SPDX-License-Identifier: BSL-1.0

// Where clients connect: a bound socket, from which connections are taken.
// Mirrors multiprocessing.connection.SocketListener.

#ifndef PICKLED_CONNECTION_LISTENER_HPP
#define PICKLED_CONNECTION_LISTENER_HPP

#include "pickled/connection/address.hpp"
#include "pickled/connection/socket.hpp"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <string>
#include <sys/types.h>
#include <system_error>
#include <utility>

namespace pickled::inline v0::detail {

// A file that is locked as long as this lives, and then removed.
class path_lock {
 public:
  path_lock() = default;
  path_lock(const path_lock&) = delete;
  path_lock& operator=(const path_lock&) = delete;
  ~path_lock() { release(); }

  // Makes the file where there is none. Throws std::system_error: address_in_use where another has
  // the lock.
  void acquire(std::string name);
  void release() noexcept;

 private:
  std::string name_;
  descriptor file_;
};

// Used by the one thread that runs its context. The socket file of a unix path is made with
// `unix_mode`; one that a dead server left behind is replaced, and close() removes ours. Beside it
// stands PATH.lock, locked as long as its server lives: only who has the lock may replace the
// socket, which tells a server that does not listen yet from a dead one.
class listener {
 public:
  struct options {
    mode_t unix_mode = 0600;
    int backlog = 4096;
    // After which the connections taken here end with an error, where the peer is silent although
    // it has to acknowledge something: what was sent, or one of the probes that an idle connection
    // gets. Rounded up to seconds; 0: the system's times, hours.
    std::chrono::milliseconds tcp_timeout{0};
  };

  // Throws std::system_error that names the address.
  listener(asio::io_context& context, const address& where, const options& how);
  listener(asio::io_context& context, const address& where) : listener(context, where, options()) {}
  // Of a socket that listens already; its file and its backlog are left as they are.
  listener(asio::io_context& context, descriptor socket, const options& how);
  ~listener() { close(); }

  // The address with the port that the system picked.
  const address& local() const noexcept { return local_; }

  // The next connection, if one is there, else operation_would_block; its socket belongs to no
  // event loop yet. Errors that pass (no file descriptors left, a client that went before it was
  // accepted) are given for the log. After close(), operation_canceled.
  [[nodiscard]] std::error_code accept(descriptor& accepted) noexcept;
  // Calls `handler` with no error when one may be there, and with one after close().
  template <class Handler>
  void async_wait(Handler handler) {
    acceptor_.async_wait(asio::posix::descriptor_base::wait_read, std::move(handler));
  }

  void close() noexcept;

 private:
  void bind(const socket_address& where, const options& how);
  bool replace_stale_socket(const socket_address& where) const;

  asio::posix::stream_descriptor acceptor_;
  address local_;
  path_lock lock_;  // of a unix path
  // The socket file that we made: another server may have replaced it meanwhile.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_LISTENER_HPP
