// SPDX-License-Identifier: BSL-1.0

// The connecting end for programs that wait for each answer: multiprocessing.connection.Client
// and Connection in one, blocking, without an event loop.

#ifndef PICKLED_CONNECTION_CLIENT_HPP
#define PICKLED_CONNECTION_CLIENT_HPP

#include "pickled/connection/address.hpp"
#include "pickled/connection/challenge.hpp"
#include "pickled/connection/frame.hpp"
#include "pickled/connection/socket.hpp"
#include "pickled/connection/time_limit.hpp"
#include "pickled/frozen/splicer.hpp"
#include "pickled/value/buffer.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

// Not thread-safe: one thread at a time, as a Connection of CPython's. Every function throws
// std::system_error where the connection failed, after which it is of no more use:
// `connection_errc::end_of_file` where the server closed between two messages.
class client {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  struct options {
    // For connecting and the detail::handshake together, looking a host name up aside; without it
    // they may take for ever, as in CPython.
    std::optional<std::chrono::milliseconds> connect_timeout = std::chrono::seconds(20);
    std::uint64_t max_message = std::uint64_t{1} << 30;
  };

  // Connects, and authenticates both ends if there is a key. The error's text names the server.
  client(const address& server, std::optional<std::string_view> authkey, const options& limits);
  client(const address& server, std::optional<std::string_view> authkey)
      : client(server, authkey, options()) {}

  // Connects as well, but waits for nothing: advance() goes on with it.
  struct at_once {};
  client(at_once, const address& server, std::optional<std::string_view> authkey,
         const options& limits);

  // Each sends one message.
  void send(const spliced& message) {
    writer_.add(message);
    flush();
  }
  void send(bytes_view message) {
    writer_.add(message);
    flush();
  }
  // The next message; it lies in the client until recv is called again.
  bytes_view recv();
  // Sends all messages, and hands each of as many answers to `receive`, in order. It reads while it
  // writes, so that neither side waits for the other, however much there is.
  void exchange(std::span<const buffer> requests, const std::function<void(bytes_view)>& receive);

  // For programs that wait for the socket themselves: a message is sent as the socket takes it, and
  // must live until then. advance() sends and reads what it can without waiting, hands each message
  // to `receive`, and returns whether something is left to be sent. Nothing may be enqueued before
  // ready(), when both ends are authenticated.
  bool ready() const noexcept { return !connecting_ && !exchange_; }
  void enqueue(bytes_view message) { writer_.add(message); }
  bool advance(const std::function<void(bytes_view)>& receive);

  // When send and recv are to give up with std::errc::timed_out; nullopt: never.
  void set_deadline(std::optional<time_point> deadline) noexcept;
  // How many bytes the system has taken; what has not begun to be sent is not known to the server.
  std::uint64_t sent() const noexcept { return sent_; }
  // Whether the server is known to have closed its end, without reading what it sent before.
  bool hung_up() const noexcept;

  int native_handle() const noexcept { return socket_.get(); }

 private:
  static std::optional<detail::handshake> handshake_with(std::optional<std::string_view> authkey);
  void connect(const detail::socket_address& server);
  void authenticate(detail::handshake& exchange);
  void advance_connecting();
  bool next(bytes_view& message);
  bool read_some(int flags);
  bool write_some(int flags);
  void flush();
  void wait_for(short events);
  void limit_waiting();

  descriptor socket_;
  detail::frame_reader reader_;
  detail::frame_writer writer_;
  std::optional<time_point> deadline_;
  std::uint64_t sent_ = 0;
  bool tcp_;
  // Of one that connects without waiting.
  bool connecting_ = false;
  std::optional<detail::handshake> exchange_;
  std::uint64_t max_message_ = 0;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONNECTION_CLIENT_HPP
