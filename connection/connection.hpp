// SPDX-License-Identifier: BSL-1.0

// A server's end of one connection on an event loop: the only place, with listener.hpp, where
// frames and the challenge meet Asio. Mirrors multiprocessing.connection.Connection.

#ifndef PICKLED_CONNECTION_CONNECTION_HPP
#define PICKLED_CONNECTION_CONNECTION_HPP

#include "pickled/connection/frame.hpp"
#include "pickled/connection/socket.hpp"
#include "pickled/frozen/splicer.hpp"
#include "pickled/value/buffer.hpp"

#include <asio/associated_allocator.hpp>
#include <asio/buffer.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace pickled::inline v0::detail {

//   next() -> need_more -> async_read_some() -> next() -> message ...
//   add() -> send() -> operation_would_block -> async_wait_writable() -> send() ...
//
// Used by the one thread that runs its context. Ends of a connection:
// `connection_errc::end_of_file` (between messages), `truncated` (within one), and the system's
// errors as they are: ECONNRESET means that the peer died, or closed, without having read what was
// sent to it.
class connection {
 public:
  // Takes over a connected stream socket, of either family.
  connection(asio::io_context& context, descriptor socket);

  // The handshake is over: how long a message may be from now on.
  void set_limit(std::uint64_t max_message) noexcept {
    authenticated_ = true;
    reader_.set_limit(max_message);
  }

  // The next message if it is there, without I/O. It lies in the connection until the next read
  // begins. After `too_long` only discard() leads on.
  [[nodiscard]] frame_reader::status next(bytes_view& message) noexcept;
  // Its memory, if it is large and nothing came behind it: then it lives as long as that. Else an
  // empty buffer.
  buffer release() noexcept { return reader_.release(); }
  // Drops the message that is too long, also what is still to come of it.
  void discard() noexcept { reader_.discard(); }
  // One read; `handler` is called with its error, and must keep this alive. May be started while
  // messages wait, to learn of the peer's end meanwhile; then the caller bounds what is buffered by
  // frame_reader::read_ahead.
  template <class Handler>
  void async_read_some(Handler handler);
  std::size_t buffered() const noexcept { return reader_.buffered(); }
  std::uint64_t announced() const noexcept { return reader_.announced(); }

  // One frame more to be sent. What is large must live until it is. Returns where in the stream it
  // ends.
  template <class Message>
  std::uint64_t add(const Message& message) {
    writer_.add(message);
    return added_ += frame_header(message.size()).view().size() + message.size();
  }
  // What was added, until the socket takes no more: then operation_would_block, and it is to be
  // called again when async_wait_writable() has called back. After any other error the stream is
  // broken.
  [[nodiscard]] std::error_code send() noexcept;
  // How much of the stream the system has taken.
  std::uint64_t sent() const noexcept { return sent_; }
  template <class Handler>
  void async_wait_writable(Handler handler) {
    socket_.async_wait(asio::socket_base::wait_write, std::move(handler));
  }

  // What has become of all that was sent, once the peer has ended its side. The end of a unix
  // socket says by itself that everything was read. That of TCP may have been on its way before:
  // the peer's system then refuses what comes after, and says so one round trip later.
  enum class arrival : std::uint8_t { unknown, complete, refused };
  arrival arrival_of_sent() noexcept;
  // Whether the peer is known to have ended, without reading what it sent before.
  bool hung_up() noexcept;
  // Ends the stream both ways: what was written is still delivered, a pending read meets the end.
  void shutdown() noexcept;
  // A pending operation gives operation_canceled.
  void close() noexcept;

  // What is received takes so many bytes, room for more included.
  std::size_t memory() const noexcept { return reader_.memory(); }

  // For the log, as they were when the connection was made.
  const std::string& peer() const noexcept { return peer_; }
  const address& local() const noexcept { return local_; }
  int native_handle() noexcept { return socket_.native_handle(); }

 private:
  std::span<std::byte> prepare_read();
  std::error_code received(std::error_code error, std::size_t count) noexcept;

  // Calls `handler` with what it is to know of a read.
  template <class Handler>
  class read_handler;

  asio::generic::stream_protocol::socket socket_;
  frame_reader reader_;
  frame_writer writer_;
  std::uint64_t added_ = 0;
  std::uint64_t sent_ = 0;
  address local_;
  std::string peer_;
  bool tcp_;
  bool authenticated_ = false;
  bool refused_ = false;  // the peer's system has said so, which it does once
  bool asked_ = false;    // a whole message came after the handshake
};

template <class Handler>
class connection::read_handler {
 public:
  using allocator_type = asio::associated_allocator_t<Handler>;

  read_handler(connection& of, Handler handler) : of_(&of), handler_(std::move(handler)) {}

  allocator_type get_allocator() const noexcept { return asio::get_associated_allocator(handler_); }
  void operator()(std::error_code error, std::size_t count) {
    handler_(of_->received(error, count));
  }

 private:
  connection* of_;
  Handler handler_;
};

template <class Handler>
void connection::async_read_some(Handler handler) {
  const auto room = prepare_read();
  socket_.async_read_some(asio::buffer(room.data(), room.size()),
                          read_handler<Handler>(*this, std::move(handler)));
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_CONNECTION_HPP
