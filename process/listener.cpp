// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/listener.hpp"

#include "pickled/connection/challenge.hpp"
#include "pickled/connection/connection_errc.hpp"
#include "pickled/connection/frame.hpp"
#include "pickled/connection/socket.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

constexpr std::chrono::seconds handshake_time{20};

address parse(std::string_view text) {
  address parsed;
  if (const auto error = address::parse(text, parsed))
    throw std::system_error(error, fmt::format("cannot use the address {}", text));
  return parsed;
}

void authenticate(const connection& with, detail::handshake exchange, const deadline& until) {
  auto next = exchange.begin();
  for (;;) {
    if (!exchange.output().empty()) with.send_bytes(exchange.output());
    if (next != detail::handshake::action::receive) break;
    if (!with.poll_until(until))
      throw std::system_error(make_error_code(std::errc::timed_out), "the handshake");
    const buffer message = with.recv_bytes(detail::frame_reader::handshake_limit);
    next = exchange.feed(message);
  }
  if (next == detail::handshake::action::failed)
    throw std::system_error(exchange.error(), exchange.digest_text());
}

connection connection_of(descriptor socket) {
  detail::set_no_delay(socket.get());
  return connection(std::make_shared<descriptor>(std::move(socket)));
}

}  // namespace

listener::listener(const address& where, optional_authkey authkey, int backlog)
    : authkey_(authkey), local_(where) {
  const auto check = [&](int failed) {
    if (failed != 0)
      throw std::system_error(detail::last_error(),
                              fmt::format("cannot listen at {}", where.text()));
  };
  detail::socket_address resolved;
  if (const auto error = detail::resolve(where, resolved))
    throw std::system_error(error, fmt::format("cannot listen at {}", where.text()));
  socket_ = detail::open_socket(where);
  const int on = 1;
  check(::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  check(::bind(socket_.get(), resolved.get(), resolved.size));
  if (where.family() == address::family::unix_path) check(::chmod(where.name().c_str(), 0600));
  check(::listen(socket_.get(), backlog));
  local_ = detail::local_address(socket_.get());
}

listener::listener(std::string_view where, optional_authkey authkey, int backlog)
    : listener(parse(where), authkey, backlog) {}

listener::~listener() {
  if (local_.family() == address::family::unix_path) ::unlink(local_.name().c_str());
}

void listener::close() const noexcept {
  ::shutdown(socket_.get(), SHUT_RDWR);
}

connection listener::accept(const deadline& until) const {
  descriptor accepted;
  while (!accepted) {
    pollfd ask{socket_.get(), POLLIN, 0};
    const int ready = ::poll(&ask, 1, poll_timeout(until));
    if (ready == 0 && until && std::chrono::steady_clock::now() >= *until)
      throw std::system_error(make_error_code(std::errc::timed_out), "accept");
    if (ready <= 0) continue;
    accepted = descriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    // What listens no more is invalid for accept.
    if (!accepted && errno == EINVAL)
      throw std::system_error(make_error_code(std::errc::operation_canceled), "accept");
    if (!accepted && errno != EINTR && errno != ECONNABORTED && errno != EAGAIN)
      throw std::system_error(detail::last_error(), "accept");
  }
  connection made = connection_of(std::move(accepted));
  if (authkey_)
    authenticate(made, detail::handshake::accepting({*authkey_}, detail::handshake::random_nonce()),
                 until ? until : deadline_after(handshake_time));
  return made;
}

connection client(const address& where, optional_authkey authkey) {
  detail::socket_address resolved;
  descriptor socket = detail::open_socket(where);
  std::error_code error = detail::resolve(where, resolved);
  if (!error && ::connect(socket.get(), resolved.get(), resolved.size) != 0)
    error = detail::last_error();
  if (error) throw std::system_error(error, fmt::format("cannot connect to {}", where.text()));
  connection made = connection_of(std::move(socket));
  if (authkey)
    authenticate(
        made,
        detail::handshake::connecting(std::string(*authkey), detail::handshake::random_nonce()),
        std::nullopt);
  return made;
}

connection client(std::string_view where, optional_authkey authkey) {
  return client(parse(where), authkey);
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
