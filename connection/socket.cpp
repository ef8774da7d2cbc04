// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/socket.hpp"

#include "pickled/connection/connection_errc.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <cstddef>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

PICKLED_BEGIN_NAMESPACE

descriptor::~descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

PICKLED_END_NAMESPACE

namespace pickled::inline v0::detail {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(last_error(), what);
}

void set_tcp_option(int socket, int option) noexcept {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, option, &on, sizeof on);
}

std::error_code resolve_host(const address& a, socket_address& result) {
  const std::string host = a.canonical().name();
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0)
    return error == EAI_SYSTEM ? last_error() : connection_errc::host_not_found;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  sockaddr_in in{};
  std::memcpy(&in, found->ai_addr, sizeof in);
  in.sin_port = htons(a.port());
  std::memcpy(&result.storage, &in, sizeof in);
  result.size = sizeof in;
  return {};
}

}  // namespace

std::error_code resolve(const address& a, socket_address& result) {
  if (a.family() == address::family::inet) return resolve_host(a, result);
  const bool abstract = a.family() == address::family::unix_abstract;
  const std::size_t length = a.name().size() + 1;  // with a NUL after the path or before the name
  sockaddr_un un{};
  if (length > sizeof un.sun_path) return make_error_code(std::errc::filename_too_long);
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path + (abstract ? 1 : 0), a.name().data(), a.name().size());
  std::memcpy(&result.storage, &un, sizeof un);
  result.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  return {};
}

address to_address(const socket_address& from) {
  if (from.storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &from.storage, sizeof in);
    char dotted[INET_ADDRSTRLEN];
    ::inet_ntop(AF_INET, &in.sin_addr, dotted, sizeof dotted);
    return address::inet(dotted, ntohs(in.sin_port));
  }
  if (from.storage.ss_family != AF_UNIX)
    throw std::system_error(make_error_code(std::errc::address_family_not_supported));
  sockaddr_un un{};
  std::memcpy(&un, &from.storage, sizeof un);
  const std::size_t length = from.size - offsetof(sockaddr_un, sun_path);
  if (length != 0 && un.sun_path[0] == '\0')
    return address::unix_abstract(std::string(un.sun_path + 1, length - 1));
  return address::unix_path(std::string(un.sun_path, ::strnlen(un.sun_path, length)));
}

address local_address(int socket) {
  socket_address bound;
  bound.size = sizeof bound.storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound.storage), &bound.size) != 0)
    fail("getsockname");
  return to_address(bound);
}

descriptor open_socket(const address& a, int flags) {
  const int family = a.family() == address::family::inet ? AF_INET : AF_UNIX;
  descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!socket) fail("socket");
  return socket;
}

std::optional<peer_credentials> credentials_of_peer(int socket) noexcept {
  ucred peer{};
  socklen_t size = sizeof peer;
  // TCP sockets answer too: with pid 0 and the overflow user.
  if (is_tcp(socket) || ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return std::nullopt;
  return peer_credentials{peer.pid, peer.uid};
}

std::string peer_text(int socket) {
  if (const auto peer = credentials_of_peer(socket)) return fmt::format("pid {}", peer->pid);
  socket_address remote;
  remote.size = sizeof remote.storage;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&remote.storage), &remote.size) != 0)
    return "a peer that has gone";
  return to_address(remote).text();
}

bool hung_up(int socket) noexcept {
  pollfd ask{socket, POLLRDHUP, 0};
  return ::poll(&ask, 1, 0) == 1;
}

bool is_tcp(int socket) noexcept {
  int domain = 0;
  socklen_t size = sizeof domain;
  return ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_INET;
}

void set_no_delay(int socket) noexcept {
  set_tcp_option(socket, TCP_NODELAY);
}

void set_quick_ack(int socket) noexcept {
  set_tcp_option(socket, TCP_QUICKACK);
}

}  // namespace pickled::inline v0::detail
