#include "connection/connection.hpp"

#include "connection/asio_error.hpp"
#include "connection/error.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <cerrno>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>

namespace pickled {
namespace {

using asio::redirect_error;
using asio::use_awaitable;

}  // namespace

connection::connection(asio::io_context& context, descriptor socket)
    : socket_(context),
      local_(local_address(socket.get())),
      peer_(peer_text(socket.get())),
      tcp_(is_tcp(socket.get())) {
  const int family = tcp_ ? AF_INET : AF_UNIX;
  socket_.assign(asio::generic::stream_protocol(family, 0), socket.get());
  socket.release();
  if (tcp_) set_no_delay(native_handle());
}

asio::awaitable<std::error_code> connection::authenticate(handshake& exchange,
                                                          std::chrono::milliseconds limit) {
  using namespace asio::experimental::awaitable_operators;
  asio::steady_timer timer(socket_.get_executor(), limit);
  std::error_code ignored;
  const auto first =
      co_await (run(exchange) || timer.async_wait(redirect_error(use_awaitable, ignored)));
  if (const auto* result = std::get_if<std::error_code>(&first)) co_return *result;
  co_return make_error_code(std::errc::timed_out);
}

asio::awaitable<std::error_code> connection::run(handshake& exchange) {
  handshake::action next = exchange.begin();
  for (;;) {
    if (!exchange.output().empty())
      if (const auto error = co_await write(exchange.output())) co_return error;
    if (next != handshake::action::receive) break;
    bytes_view message;
    if (const auto error = co_await receive(message)) co_return error;
    next = exchange.feed(message);
  }
  authenticated_ = next == handshake::action::done;
  co_return exchange.error();
}

asio::awaitable<std::error_code> connection::receive(bytes_view& message) {
  for (;;) {
    switch (next(message)) {
      case frame_reader::status::message: co_return std::error_code();
      case frame_reader::status::too_long: co_return connection_errc::message_too_long;
      case frame_reader::status::need_more: break;
    }
    if (const auto error = co_await read_some()) co_return error;
  }
}

frame_reader::status connection::next(bytes_view& message) noexcept {
  const auto status = reader_.next(message);
  if (status == frame_reader::status::message) asked_ = authenticated_;
  return status;
}

std::span<std::byte> connection::prepare_read() {
  // CPython leaves Nagle's algorithm on and writes the last message of the handshake, its first
  // request, and the length of a large message each on its own: the next waits for our
  // acknowledgement of the one before.
  if (tcp_ && (!asked_ || reader_.buffered() != 0)) set_quick_ack(native_handle());
  return reader_.prepare();
}

std::error_code connection::received(std::error_code error, std::size_t count) noexcept {
  reader_.commit(count);
  if (error == asio::error::eof)
    return reader_.inside_message() ? connection_errc::truncated : connection_errc::end_of_file;
  return standard_error(error);
}

asio::awaitable<std::error_code> connection::read_some() {
  const auto room = prepare_read();
  std::error_code error;
  const std::size_t count = co_await socket_.async_read_some(asio::buffer(room.data(), room.size()),
                                                             redirect_error(use_awaitable, error));
  co_return received(error, count);
}

std::error_code connection::send() noexcept {
  while (!writer_.empty()) {
    const auto pieces = writer_.front();
    msghdr header{};
    header.msg_iov = const_cast<iovec*>(pieces.data());
    header.msg_iovlen = pieces.size();
    const ssize_t count = ::sendmsg(native_handle(), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      writer_.consume(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      return make_error_code(std::errc::operation_would_block);
    } else if (errno != EINTR) {
      writer_.clear();
      return last_error();
    }
  }
  return {};
}

asio::awaitable<std::error_code> connection::flush() {
  for (;;) {
    std::error_code error = send();
    if (error != std::errc::operation_would_block) co_return error;
    co_await socket_.async_wait(asio::socket_base::wait_write,
                                redirect_error(use_awaitable, error));
    if (error) {
      writer_.clear();
      co_return standard_error(error);
    }
  }
}

connection::arrival connection::arrival_of_sent() noexcept {
  if (!tcp_) return arrival::complete;
  int unacknowledged = 0;
  int error = 0;
  socklen_t size = sizeof error;
  // In this order: what is refused is never acknowledged.
  if (::ioctl(native_handle(), SIOCOUTQ, &unacknowledged) != 0 ||
      ::getsockopt(native_handle(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
    refused_ = true;
  if (refused_) return arrival::refused;
  return unacknowledged == 0 ? arrival::complete : arrival::unknown;
}

bool connection::hung_up() noexcept {
  pollfd ask{native_handle(), POLLRDHUP, 0};
  return ::poll(&ask, 1, 0) == 1;
}

void connection::shutdown() noexcept {
  std::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_both, ignored);
}

void connection::close() noexcept {
  std::error_code ignored;
  socket_.close(ignored);
}

}  // namespace pickled
