// Where clients connect: a bound socket, and the coroutine that takes connections from it.
// Mirrors multiprocessing.connection.SocketListener.

#ifndef PICKLED_CONNECTION_LISTENER_HPP
#define PICKLED_CONNECTION_LISTENER_HPP

#include "connection/address.hpp"
#include "connection/socket.hpp"

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <sys/types.h>
#include <system_error>

namespace pickled {

// Used by the one thread that runs its context. The socket file of a unix path is made with
// `unix_mode`; one that a dead server left behind is replaced, and close() removes ours.
class listener {
 public:
  struct options {
    mode_t unix_mode = 0600;
    int backlog = 4096;
  };

  // Throws std::system_error that names the address.
  listener(asio::io_context& context, const address& where, const options& how);
  listener(asio::io_context& context, const address& where) : listener(context, where, options()) {}
  ~listener() { close(); }

  // The address with the port that the system picked.
  const address& local() const noexcept { return local_; }

  // The next connection; its socket belongs to no event loop yet. Errors that pass (no file
  // descriptors left, a client that went before it was accepted) are given for the log, after a
  // pause where one is due: call again. After close(), or a cancellation, operation_canceled.
  asio::awaitable<std::error_code> accept(descriptor& accepted);

  void close() noexcept;

 private:
  void bind(const socket_address& where, const options& how);
  bool replace_stale_socket(const socket_address& where) const;
  asio::awaitable<void> pause();

  asio::posix::stream_descriptor acceptor_;
  address local_;
  // The socket file that we made: another server may have replaced it meanwhile.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace pickled

#endif  // PICKLED_CONNECTION_LISTENER_HPP
