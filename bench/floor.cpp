// SPDX-License-Identifier: BSL-1.0

// The floor under every manager's cost: the same frames and the same authentication, and replies
// that were made beforehand. Nothing is parsed or stored but the bytes of large messages, of which
// the last is kept. One thread around epoll_wait, with one recv and one send a batch of requests.
//
// A connection says how long the payload of its replies is to be by the name that it gives to
// `accept_connection`: "reply=32". Usage: floor ADDRESS; the key is $PICKLED_AUTHKEY.

#include "pickled/codec/pickler.hpp"
#include "pickled/connection/address.hpp"
#include "pickled/connection/challenge.hpp"
#include "pickled/connection/frame.hpp"
#include "pickled/connection/socket.hpp"
#include "pickled/value/arena.hpp"
#include "pickled/value/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

constexpr std::size_t frame_header_size = 4;
// A message from that size on is received into memory of its own, which is kept.
constexpr std::size_t large = std::size_t{64} << 10;

void check(bool good) {
  if (!good) throw std::system_error(last_error());
}

buffer framed(bytes_view payload) {
  buffer frame;
  frame.append(frame_header(payload.size()).view());
  frame.append(payload);
  return frame;
}

buffer returned(value_view payload, value_builder& builder) {
  const value_view pair[] = {builder.str("#RETURN"), payload};
  return framed(dumps(builder.tuple(pair)).view());
}

// The reply with `size` bytes, or None.
buffer make_reply(std::size_t size) {
  arena memory;
  value_builder builder(memory);
  const std::string payload(size, 'v');
  return returned(size == 0 ? value_view::none() : builder.bytes(as_bytes(payload)), builder);
}

buffer make_created() {
  arena memory;
  value_builder builder(memory);
  const value_view exposed[] = {builder.str("append")};
  const value_view pair[] = {builder.str("0123456789abcdef"), builder.tuple(exposed)};
  return returned(builder.tuple(pair), builder);
}

std::size_t announced(bytes_view header) {
  std::size_t size = 0;
  for (const std::byte b : header.first(frame_header_size))
    size = size << 8 | std::to_integer<std::size_t>(b);
  return size;
}

class peer {
 public:
  peer(descriptor socket, const std::string& authkey)
      : socket_(std::move(socket)),
        exchange_(handshake::accepting({authkey}, handshake::random_nonce())) {
    received_.prepare(large);
    exchange_->begin();
    out_ = framed(exchange_->output());
  }

  int native_handle() const noexcept { return socket_.get(); }
  bool sending() const noexcept { return sent_ != out_.size() + payload_left(); }

  // False at its end.
  bool receive() {
    const std::size_t room = message_ ? message_size_ - message_->size() : large - received_.size();
    buffer& into = message_ ? *message_ : received_;
    const ssize_t count = ::recv(native_handle(), into.prepare(room), room, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (count <= 0) return false;
    into.commit(static_cast<std::size_t>(count));
    if (message_ && message_->size() == message_size_) {
      kept_ = std::move(*message_);
      message_.reset();
      answer({});
    }
    return take_frames() && send();
  }

  bool send() {
    if (!sending()) return true;
    iovec pieces[2] = {};
    std::size_t used = 0;
    if (sent_ < out_.size()) pieces[used++] = {out_.data() + sent_, out_.size() - sent_};
    const std::size_t large_sent = sent_ < out_.size() ? 0 : sent_ - out_.size();
    if (payload_left() != 0)
      pieces[used++] = {large_reply_->data() + large_sent, payload_left() - large_sent};
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = used;
    const ssize_t count = ::sendmsg(native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    sent_ += static_cast<std::size_t>(count);
    if (!sending()) {
      out_.clear();
      sent_ = 0;
      large_due_ = false;
    }
    return true;
  }

 private:
  std::size_t payload_left() const noexcept { return large_due_ ? large_reply_->size() : 0; }

  bool take_frames() {
    bytes_view rest = received_.view();
    while (rest.size() >= frame_header_size) {
      const std::size_t size = announced(rest);
      const bytes_view payload = rest.subspan(frame_header_size);
      if (payload.size() < size) {
        if (size + frame_header_size < large) break;
        message_.emplace();
        message_->prepare(size);
        message_->append(payload);
        message_size_ = size;
        rest = {};
        break;
      }
      if (!take(payload.first(size))) return false;
      rest = payload.subspan(size);
    }
    received_.consume(received_.size() - rest.size());
    return true;
  }

  bool take(bytes_view payload) {
    if (exchange_) {
      const auto next = exchange_->feed(payload);
      if (!exchange_->output().empty()) out_.append(framed(exchange_->output()).view());
      if (next == handshake::action::failed) return false;
      if (next == handshake::action::done) exchange_.reset();
      return true;
    }
    answer(payload);
    return true;
  }

  void answer(bytes_view payload) {
    static const buffer none = make_reply(0);
    static const buffer created = make_created();
    if (ready_) {
      if (large_reply_)
        large_due_ = true;
      else
        out_.append(reply_.view());
      return;
    }
    const std::string_view text = as_text(payload);
    out_.append(text.find("create") != std::string_view::npos ? created.view() : none.view());
    const std::size_t at = text.find("reply=");
    if (text.find("accept_connection") == std::string_view::npos) return;
    ready_ = true;
    std::size_t size = 0;
    if (at != std::string_view::npos)
      std::from_chars(text.data() + at + 6, text.data() + text.size(), size);
    reply_ = make_reply(size);
    if (size >= large) large_reply_ = std::move(reply_);
  }

  descriptor socket_;
  std::optional<handshake> exchange_;
  bool ready_ = false;
  buffer received_;
  std::optional<buffer> message_;  // a large one that is arriving
  std::size_t message_size_ = 0;
  buffer kept_;
  buffer reply_;
  std::optional<buffer> large_reply_;
  bool large_due_ = false;
  buffer out_;
  std::size_t sent_ = 0;
};

class floor_server {
 public:
  floor_server(const address& where, std::string authkey)
      : authkey_(std::move(authkey)),
        listener_(open_socket(where, SOCK_NONBLOCK)),
        poll_(::epoll_create1(EPOLL_CLOEXEC)) {
    socket_address resolved;
    if (const auto error = resolve(where, resolved)) throw std::system_error(error);
    check(::bind(listener_.get(), resolved.get(), resolved.size) == 0);
    check(::listen(listener_.get(), 4096) == 0);
    watch(listener_.get(), EPOLL_CTL_ADD, EPOLLIN);
    fmt::print("{}\n", local_address(listener_.get()).text());
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events{};
    for (;;) {
      const int count =
          ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), -1);
      for (const epoll_event& event : std::span(events).first(std::max(count, 0))) {
        if (event.data.fd == listener_.get())
          accept();
        else
          serve(peers_[static_cast<std::size_t>(event.data.fd)], event.events);
      }
    }
  }

 private:
  void watch(int fd, int how, std::uint32_t what) const {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    check(::epoll_ctl(poll_.get(), how, fd, &event) == 0);
  }

  void accept() {
    descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return;
    set_no_delay(socket.get());
    const int fd = socket.get();
    const std::size_t number = static_cast<std::size_t>(fd);
    if (peers_.size() <= number) peers_.resize(number + 1);
    peers_[number] = std::make_unique<peer>(std::move(socket), authkey_);
    watch(fd, EPOLL_CTL_ADD, EPOLLIN);
    if (!peers_[number]->send()) peers_[number].reset();
  }

  void serve(std::unique_ptr<peer>& who, std::uint32_t events) const {
    const bool was_sending = who->sending();
    bool alive = true;
    if ((events & EPOLLOUT) != 0) alive = who->send();
    if (alive && (events & ~std::uint32_t{EPOLLOUT}) != 0) alive = who->receive();
    if (!alive) {
      who.reset();
      return;
    }
    if (was_sending != who->sending())
      watch(who->native_handle(), EPOLL_CTL_MOD,
            EPOLLIN | (who->sending() ? std::uint32_t{EPOLLOUT} : 0));
  }

  std::string authkey_;
  descriptor listener_;
  descriptor poll_;
  std::vector<std::unique_ptr<peer>> peers_;  // by their descriptors
};

}  // namespace
}  // namespace pickled::inline v0::detail

int main(int argc, char** argv) {
  const char* key = std::getenv("PICKLED_AUTHKEY");
  pickled::address where;
  if (argc != 2 || key == nullptr || pickled::address::parse(argv[1], where)) {
    std::cerr << "usage: PICKLED_AUTHKEY=KEY floor ADDRESS\n";
    return 2;
  }
  try {
    pickled::detail::floor_server(where, key).run();
  } catch (const std::exception& e) {
    std::cerr << "floor: " << e.what() << '\n';
    return 1;
  }
}
