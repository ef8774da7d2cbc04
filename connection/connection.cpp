// SPDX-License-Identifier: BSL-1.0

#include "connection/connection.hpp"

#include "connection/asio_error.hpp"
#include "pickled/connection/connection_errc.hpp"

#include <cerrno>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utility>

namespace pickled::inline v0::detail {
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

std::error_code connection::send() noexcept {
  while (!writer_.empty()) {
    const auto pieces = writer_.front();
    msghdr header{};
    header.msg_iov = const_cast<iovec*>(pieces.data());
    header.msg_iovlen = pieces.size();
    const ssize_t count = ::sendmsg(native_handle(), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      writer_.consume(static_cast<std::size_t>(count));
      sent_ += static_cast<std::uint64_t>(count);
    } else if (errno == EAGAIN) {
      return make_error_code(std::errc::operation_would_block);
    } else if (errno != EINTR) {
      writer_.clear();
      return last_error();
    }
  }
  return {};
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
  return detail::hung_up(native_handle());
}

void connection::shutdown() noexcept {
  std::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_both, ignored);
}

void connection::close() noexcept {
  std::error_code ignored;
  socket_.close(ignored);
}

}  // namespace pickled::inline v0::detail
