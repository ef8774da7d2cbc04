#include "connection/client.hpp"

#include "connection/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>

namespace pickled {
namespace {

// With a time limit set on the socket, the kernel reports its passing as one of these.
std::error_code waiting_error() noexcept {
  if (errno == EAGAIN || errno == EINPROGRESS) return make_error_code(std::errc::timed_out);
  return last_error();
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
    : socket_(open_socket(server)), tcp_(server.family() == address::family::inet) {
  std::optional<handshake> exchange;
  if (authkey) exchange = handshake::connecting(std::string(*authkey), handshake::random_nonce());
  try {
    socket_address where;
    if (const auto error = resolve(server, where)) throw std::system_error(error);
    if (limits.timeout) deadline_ = std::chrono::steady_clock::now() + *limits.timeout;
    connect(where);
    if (exchange) authenticate(*exchange);
  } catch (const std::system_error& e) {
    const bool refused = exchange && exchange->error();
    throw std::system_error(e.code(), fmt::format("cannot connect to {}{}", server.text(),
                                                  refused ? exchange->digest_text() : ""));
  }
  if (deadline_) {
    deadline_.reset();
    set_time_limit(socket_.get(), std::chrono::microseconds(0));
  }
  reader_.set_limit(limits.max_message);
}

void client::connect(const socket_address& server) {
  limit_waiting();
  while (::connect(socket_.get(), server.get(), server.size) != 0) {
    if (errno == EISCONN) break;
    if (errno != EINTR && errno != EALREADY) throw std::system_error(waiting_error());
    limit_waiting();
  }
  if (tcp_) set_no_delay(socket_.get());
}

void client::authenticate(handshake& exchange) {
  auto next = exchange.begin();
  while (next == handshake::action::receive) {
    next = exchange.feed(recv());
    if (!exchange.output().empty()) send(exchange.output());
  }
  if (next == handshake::action::failed) throw std::system_error(exchange.error());
}

bytes_view client::recv() {
  bytes_view message;
  for (;;) {
    switch (reader_.next(message)) {
      case frame_reader::status::message: return message;
      case frame_reader::status::too_long:
        throw std::system_error(connection_errc::message_too_long);
      case frame_reader::status::need_more: break;
    }
    limit_waiting();
    // A CPython writes the length of a large message on its own, and the message only after that
    // is acknowledged.
    if (tcp_ && reader_.buffered() != 0) set_quick_ack(socket_.get());
    const auto room = reader_.prepare();
    const ssize_t count = ::recv(socket_.get(), room.data(), room.size(), 0);
    if (count > 0) {
      reader_.commit(static_cast<std::size_t>(count));
    } else if (count == 0) {
      throw std::system_error(reader_.buffered() == 0 ? connection_errc::end_of_file
                                                      : connection_errc::truncated);
    } else if (errno != EINTR) {
      throw std::system_error(waiting_error());
    }
  }
}

void client::flush() {
  while (!writer_.empty()) {
    limit_waiting();
    const auto pieces = writer_.front();
    msghdr header{};
    header.msg_iov = const_cast<iovec*>(pieces.data());
    header.msg_iovlen = pieces.size();
    const ssize_t count = ::sendmsg(socket_.get(), &header, MSG_NOSIGNAL);
    if (count >= 0) {
      writer_.consume(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      const auto error = waiting_error();
      writer_.clear();
      throw std::system_error(error);
    }
  }
}

void client::limit_waiting() {
  if (!deadline_) return;
  const auto left =
      std::chrono::ceil<std::chrono::microseconds>(*deadline_ - std::chrono::steady_clock::now());
  // A limit of zero would mean none.
  if (left.count() <= 0) throw std::system_error(make_error_code(std::errc::timed_out));
  set_time_limit(socket_.get(), left);
}

}  // namespace pickled
