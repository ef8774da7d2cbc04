// SPDX-License-Identifier: BSL-1.0

#include "program/service_manager.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace pickled::inline v0::detail {
namespace {

constexpr int first_passed = 3;

std::string_view variable(const char* name) noexcept {
  const char* text = std::getenv(name);
  return text == nullptr ? std::string_view() : text;
}

std::optional<int> number(std::string_view text) noexcept {
  int result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return result;
}

int socket_option(int socket, int option) noexcept {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

void check_passed(int socket) {
  const int family = socket_option(socket, SO_DOMAIN);
  if (socket_option(socket, SO_ACCEPTCONN) == 1 && socket_option(socket, SO_TYPE) == SOCK_STREAM &&
      (family == AF_INET || family == AF_UNIX))
    return;
  throw std::runtime_error(fmt::format(
      "LISTEN_FDS: descriptor {} is not a stream socket that listens, over IPv4 or unix", socket));
}

void send_to_notify_socket(std::string_view where, std::string_view state) {
  address to;
  socket_address resolved;
  if (const auto error = address::parse(fmt::format("unix:{}", where), to))
    throw std::system_error(error);
  if (const auto error = resolve(to, resolved)) throw std::system_error(error);
  const descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL, resolved.get(),
                          resolved.size) < 0)
    throw std::system_error(last_error());
}

}  // namespace

std::vector<descriptor> take_passed_sockets() {
  const bool ours = number(variable("LISTEN_PID")) == ::getpid();
  const int count = ours ? number(variable("LISTEN_FDS")).value_or(0) : 0;
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    ::unsetenv(name);
  std::vector<descriptor> sockets;
  for (int socket = first_passed; socket - first_passed < count; ++socket) {
    check_passed(socket);
    ::fcntl(socket, F_SETFD, FD_CLOEXEC);
    sockets.emplace_back(socket);
  }
  return sockets;
}

void notify_ready() noexcept {
  const std::string_view where = variable("NOTIFY_SOCKET");
  if (where.empty()) return;
  try {
    send_to_notify_socket(where, "READY=1");
  } catch (const std::exception& e) {
    spdlog::warn("cannot tell the service manager at {} that the server is ready: {}", where,
                 e.what());
  }
}

}  // namespace pickled::inline v0::detail
