// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/client.hpp"

#include "connection/fork_guard.hpp"
#include "connection/message_too_long.hpp"
#include "pickled/connection/connection_errc.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>

PICKLED_BEGIN_NAMESPACE
namespace {

// With a time limit set on the socket, the kernel reports its passing as one of these.
std::error_code waiting_error() noexcept {
  if (errno == EAGAIN || errno == EINPROGRESS) return make_error_code(std::errc::timed_out);
  return detail::last_error();
}

void set_time_limit(int socket, std::chrono::microseconds limit) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
  const timeval t{seconds.count(), (limit - seconds).count()};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

}  // namespace

client::client(const address& server, std::optional<std::string_view> authkey,
               const options& limits)
    : socket_(detail::open_socket(server)), tcp_(server.family() == address::family::inet) {
  std::optional<detail::handshake> exchange = handshake_with(authkey);
  try {
    detail::socket_address where;
    if (const auto error = detail::resolve(server, where)) throw std::system_error(error);
    if (limits.connect_timeout) deadline_ = detail::time_after(*limits.connect_timeout);
    connect(where);
    if (exchange) authenticate(*exchange);
  } catch (const std::system_error& e) {
    std::string why;
    if (e.code() == connection_errc::digest_sent_rejected ||
        e.code() == connection_errc::digest_received_wrong)
      why = fmt::format(", whose authkey is not the one that was given{}", exchange->digest_text());
    throw std::system_error(e.code(), fmt::format("cannot connect to {}{}", server.text(), why));
  }
  set_deadline(std::nullopt);
  reader_.set_limit(limits.max_message);
}

client::client(at_once, const address& server, std::optional<std::string_view> authkey,
               const options& limits)
    : socket_(detail::open_socket(server, SOCK_NONBLOCK)),
      tcp_(server.family() == address::family::inet),
      connecting_(true),
      exchange_(handshake_with(authkey)),
      max_message_(limits.max_message) {
  detail::socket_address where;
  if (const auto error = detail::resolve(server, where)) throw std::system_error(error);
  if (::connect(socket_.get(), where.get(), where.size) != 0 && errno != EINPROGRESS &&
      errno != EINTR)
    throw std::system_error(detail::last_error());
}

std::optional<detail::handshake> client::handshake_with(std::optional<std::string_view> authkey) {
  if (!authkey) return std::nullopt;
  const detail::fork_guard guard;
  return detail::handshake::connecting(std::string(*authkey), detail::handshake::random_nonce());
}

// As far as it goes without waiting.
void client::advance_connecting() {
  if (connecting_) {
    pollfd ask{socket_.get(), POLLOUT, 0};
    if (::poll(&ask, 1, 0) <= 0) return;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) throw std::system_error(error, std::system_category());
    if (tcp_) detail::set_no_delay(socket_.get());
    connecting_ = false;
    if (exchange_) static_cast<void>(exchange_->begin());
  }
  do {
    bytes_view message;
    while (exchange_ && next(message)) {
      detail::handshake::action then{};
      {
        const detail::fork_guard guard;
        then = exchange_->feed(message);
      }
      if (!exchange_->output().empty()) writer_.add(exchange_->output());
      while (!writer_.empty() && write_some(MSG_DONTWAIT)) {
      }
      if (then == detail::handshake::action::failed) throw std::system_error(exchange_->error());
      if (then != detail::handshake::action::receive) exchange_.reset();
    }
  } while (exchange_ && read_some(MSG_DONTWAIT));
  if (ready()) reader_.set_limit(max_message_);
}

void client::connect(const detail::socket_address& server) {
  limit_waiting();
  while (::connect(socket_.get(), server.get(), server.size) != 0) {
    if (errno == EISCONN) break;
    if (errno != EINTR && errno != EALREADY) throw std::system_error(waiting_error());
    limit_waiting();
  }
  if (tcp_) detail::set_no_delay(socket_.get());
}

void client::authenticate(detail::handshake& exchange) {
  auto next = exchange.begin();
  while (next == detail::handshake::action::receive) {
    const bytes_view message = recv();
    {
      const detail::fork_guard guard;
      next = exchange.feed(message);
    }
    if (!exchange.output().empty()) send(exchange.output());
  }
  if (next == detail::handshake::action::failed) throw std::system_error(exchange.error());
}

bytes_view client::recv() {
  bytes_view message;
  while (!next(message)) {
    limit_waiting();
    read_some(0);
  }
  return message;
}

void client::exchange(std::span<const buffer> requests,
                      const std::function<void(bytes_view)>& receive) {
  for (const buffer& request : requests)
    writer_.add(request);
  for (std::size_t left = requests.size(); left != 0;) {
    const bool wrote = !writer_.empty() && write_some(MSG_DONTWAIT);
    bytes_view message;
    if (next(message)) {
      receive(message);
      --left;
    } else if (writer_.empty()) {
      limit_waiting();
      read_some(0);
    } else if (!wrote) {
      wait_for(POLLIN | POLLOUT);
      read_some(MSG_DONTWAIT);
    }
  }
}

bool client::advance(const std::function<void(bytes_view)>& receive) {
  if (!ready()) {
    advance_connecting();
    return connecting_ || !writer_.empty();
  }
  while (!writer_.empty() && write_some(MSG_DONTWAIT)) {
  }
  bytes_view message;
  do {
    while (next(message))
      receive(message);
  } while (read_some(MSG_DONTWAIT));
  return !writer_.empty();
}

bool client::next(bytes_view& message) {
  const auto status = reader_.next(message);
  if (status == detail::frame_reader::status::too_long)
    throw detail::message_too_long(reader_.announced(), reader_.limit());
  return status == detail::frame_reader::status::message;
}

// False where nothing is there to be read.
bool client::read_some(int flags) {
  // A CPython writes the length of a large message on its own, and the message only after that
  // is acknowledged.
  if (tcp_ && reader_.buffered() != 0) detail::set_quick_ack(socket_.get());
  const auto room = reader_.prepare();
  const ssize_t count = ::recv(socket_.get(), room.data(), room.size(), flags);
  if (count > 0) {
    reader_.commit(static_cast<std::size_t>(count));
  } else if (count == 0) {
    throw std::system_error(reader_.buffered() == 0 ? connection_errc::end_of_file
                                                    : connection_errc::truncated);
  } else if (errno == EINTR || (errno == EAGAIN && (flags & MSG_DONTWAIT) != 0)) {
    return false;
  } else {
    throw std::system_error(waiting_error());
  }
  return true;
}

// False where the socket takes no more.
bool client::write_some(int flags) {
  const auto pieces = writer_.front();
  msghdr header{};
  header.msg_iov = const_cast<iovec*>(pieces.data());
  header.msg_iovlen = pieces.size();
  const ssize_t count = ::sendmsg(socket_.get(), &header, MSG_NOSIGNAL | flags);
  if (count >= 0) {
    writer_.consume(static_cast<std::size_t>(count));
    sent_ += static_cast<std::uint64_t>(count);
  } else if (errno == EINTR || (errno == EAGAIN && (flags & MSG_DONTWAIT) != 0)) {
    return false;
  } else {
    const auto error = waiting_error();
    writer_.clear();
    throw std::system_error(error);
  }
  return true;
}

void client::flush() {
  while (!writer_.empty()) {
    limit_waiting();
    write_some(0);
  }
}

// Until one of the events of poll(2), or the deadline.
void client::wait_for(short events) {
  pollfd ask{socket_.get(), events, 0};
  const int limit = deadline_ ? detail::poll_timeout(*deadline_) : -1;
  if (::poll(&ask, 1, limit) == 0 && deadline_ && std::chrono::steady_clock::now() >= *deadline_)
    throw std::system_error(make_error_code(std::errc::timed_out));
}

void client::set_deadline(std::optional<time_point> deadline) noexcept {
  if (deadline_ && !deadline) set_time_limit(socket_.get(), std::chrono::microseconds(0));
  deadline_ = deadline;
}

bool client::hung_up() const noexcept {
  return detail::hung_up(socket_.get());
}

void client::limit_waiting() {
  if (!deadline_) return;
  const auto left =
      std::chrono::ceil<std::chrono::microseconds>(*deadline_ - std::chrono::steady_clock::now());
  // A limit of zero would mean none.
  if (left.count() <= 0) throw std::system_error(make_error_code(std::errc::timed_out));
  set_time_limit(socket_.get(), left);
}

PICKLED_END_NAMESPACE
