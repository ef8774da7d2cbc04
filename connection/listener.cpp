// SPDX-License-Identifier: BSL-1.0

#include "connection/listener.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pickled::inline v0::detail {
namespace {

void check(int result) {
  if (result != 0) throw std::system_error(last_error());
}

// Of a socket that listens: those that it accepts inherit all this.
void set_tcp_timeout(int socket, std::chrono::milliseconds timeout) {
  // What the kernel can count to.
  constexpr std::int64_t most_seconds = 32767;
  if (timeout.count() == 0) return;
  const auto seconds =
      std::min(std::chrono::ceil<std::chrono::seconds>(timeout).count(), most_seconds);
  constexpr int probes = 3;
  const auto set = [&](int level, int option, std::int64_t value) {
    const int number = static_cast<int>(value);
    check(::setsockopt(socket, level, option, &number, sizeof number));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, std::max<std::int64_t>(1, seconds / 2));
  set(IPPROTO_TCP, TCP_KEEPINTVL, std::max<std::int64_t>(1, seconds / 2 / probes));
  set(IPPROTO_TCP, TCP_KEEPCNT, probes);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, seconds * 1000);
}

// Whether the open file is the one of that name.
bool is_at(int file, const char* name) noexcept {
  struct stat open {};
  struct stat there {};
  return ::fstat(file, &open) == 0 && ::lstat(name, &there) == 0 && open.st_dev == there.st_dev &&
         open.st_ino == there.st_ino;
}

}  // namespace

listener::listener(asio::io_context& context, const address& where, const options& how)
    : acceptor_(context) {
  try {
    socket_address resolved;
    if (const auto error = resolve(where, resolved)) throw std::system_error(error);
    descriptor socket = open_socket(where, SOCK_NONBLOCK);
    acceptor_.assign(socket.get());
    socket.release();
    local_ = where;
    bind(resolved, how);
    local_ = local_address(acceptor_.native_handle());
  } catch (const std::system_error& e) {
    throw std::system_error(e.code(), fmt::format("cannot listen at {}", where.text()));
  }
}

listener::listener(asio::io_context& context, descriptor socket, const options& how)
    : acceptor_(context) {
  acceptor_.assign(socket.get());
  acceptor_.non_blocking(true);
  local_ = local_address(socket.release());
  if (local_.family() == address::family::inet)
    set_tcp_timeout(acceptor_.native_handle(), how.tcp_timeout);
}

void listener::bind(const socket_address& where, const options& how) {
  const int socket = acceptor_.native_handle();
  const int on = 1;
  check(::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  if (local_.family() == address::family::inet) set_tcp_timeout(socket, how.tcp_timeout);
  if (local_.family() == address::family::unix_path) lock_.acquire(local_.name() + ".lock");
  if (::bind(socket, where.get(), where.size) != 0) {
    if (errno != EADDRINUSE || !replace_stale_socket(where)) throw std::system_error(last_error());
    check(::bind(socket, where.get(), where.size));
  }
  if (local_.family() == address::family::unix_path) {
    struct stat file {};
    // Nobody can connect before listen(), so no one slips in before the mode is set.
    check(::chmod(local_.name().c_str(), how.unix_mode));
    check(::stat(local_.name().c_str(), &file));
    device_ = file.st_dev;
    inode_ = file.st_ino;
  }
  check(::listen(socket, how.backlog));
}

void path_lock::acquire(std::string name) {
  for (;;) {
    descriptor file(::open(name.c_str(), O_CREAT | O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) throw std::system_error(last_error());
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
      throw std::system_error(errno == EWOULDBLOCK ? make_error_code(std::errc::address_in_use)
                                                   : last_error());
    // Who had it before may have removed it meanwhile, and another made a new one.
    if (!is_at(file.get(), name.c_str())) continue;
    name_ = std::move(name);
    file_ = std::move(file);
    return;
  }
}

void path_lock::release() noexcept {
  if (file_ && is_at(file_.get(), name_.c_str())) ::unlink(name_.c_str());
  file_ = descriptor();
}

bool listener::replace_stale_socket(const socket_address& where) const {
  if (local_.family() != address::family::unix_path) return errno = EADDRINUSE, false;
  struct stat file {};
  const bool is_socket = ::lstat(local_.name().c_str(), &file) == 0 && S_ISSOCK(file.st_mode);
  const descriptor probe = open_socket(local_, SOCK_NONBLOCK);
  // Only a socket without a server refuses.
  const bool refused = is_socket && ::connect(probe.get(), where.get(), where.size) != 0 &&
                       errno == ECONNREFUSED && ::unlink(local_.name().c_str()) == 0;
  errno = EADDRINUSE;
  return refused;
}

std::error_code listener::accept(descriptor& accepted) noexcept {
  for (;;) {
    if (!acceptor_.is_open()) return make_error_code(std::errc::operation_canceled);
    accepted = descriptor(::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC));
    if (accepted) return {};
    if (errno == EAGAIN) return make_error_code(std::errc::operation_would_block);
    if (errno != EINTR) return last_error();
  }
}

void listener::close() noexcept {
  if (!acceptor_.is_open()) return;
  struct stat file {};
  if (inode_ != 0 && ::lstat(local_.name().c_str(), &file) == 0 && file.st_dev == device_ &&
      file.st_ino == inode_)
    ::unlink(local_.name().c_str());
  lock_.release();
  std::error_code ignored;
  acceptor_.close(ignored);
}

}  // namespace pickled::inline v0::detail
