// SPDX-License-Identifier: BSL-1.0

// What both the blocking client and the Asio adapter need of POSIX sockets.

#ifndef PICKLED_CONNECTION_SOCKET_HPP
#define PICKLED_CONNECTION_SOCKET_HPP

#include "pickled/connection/address.hpp"

#include <optional>
#include <string>
#include <sys/socket.h>
#include <sys/types.h>
#include <system_error>
#include <utility>

PICKLED_BEGIN_NAMESPACE

// Owns a file descriptor.
class descriptor {
 public:
  descriptor() noexcept = default;
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor();

  explicit operator bool() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

namespace detail {

struct socket_address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Looks a host name up, which may block; `connection_errc::host_not_found` where it has no IPv4
// address.
[[nodiscard]] std::error_code resolve(const address& a, socket_address& result);
// Throws std::system_error; not for AF_INET and AF_UNIX addresses.
address to_address(const socket_address& from);
// The address that the socket is bound to, with its real port.
address local_address(int socket);

// Whether the peer has closed its end, or is gone; what it sent may still be there to be read.
bool hung_up(int socket) noexcept;

// Close-on-exec, of the family of `a`, with `flags` as of socket(2). Throws std::system_error.
descriptor open_socket(const address& a, int flags = 0);

struct peer_credentials {
  pid_t pid;  // 0 where the peer is in a pid namespace that is not seen from here
  uid_t uid;
};
// Of a unix socket's peer, when it connected.
std::optional<peer_credentials> credentials_of_peer(int socket) noexcept;
// For the log: "127.0.0.1:4711", or "pid 42" over a unix socket. Peers may choose a unix socket's
// own name, so that is not shown.
std::string peer_text(int socket);

bool is_tcp(int socket) noexcept;
// Small writes leave at once. No effect on other sockets than TCP's.
void set_no_delay(int socket) noexcept;
// What arrived is acknowledged at once; the kernel forgets it soon, so it is to be repeated.
void set_quick_ack(int socket) noexcept;

inline std::error_code last_error() noexcept {
  return {errno, std::system_category()};
}

}  // namespace detail

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONNECTION_SOCKET_HPP
