// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/pipe.hpp"

#include "connection/message_too_long.hpp"
#include "pickled/connection/connection_errc.hpp"
#include "pickled/connection/frame.hpp"
#include "pickled/value/as_call.hpp"
#include "process/without_sigpipe.hpp"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

constexpr std::chrono::milliseconds between_calls{100};
constexpr global_name rebuild_connection{"multiprocessing.connection", "rebuild_connection"};

// 1 where `fd` is ready, has ended or is broken, 0 where the time has passed.
int poll_one(int fd, short events, const deadline& until) {
  for (;;) {
    pollfd ask{fd, events, 0};
    const int ready = ::poll(&ask, 1, poll_timeout(until));
    if (ready > 0 && (ask.revents & POLLNVAL) != 0)
      throw std::system_error(make_error_code(std::errc::bad_file_descriptor));
    if (ready > 0) return 1;
    if (ready < 0 && errno != EINTR) throw std::system_error(detail::last_error());
    if (until && std::chrono::steady_clock::now() >= *until) return 0;
  }
}

// A message behind its header, for one write. Small ones are one piece, which is written faster.
class framed {
 public:
  explicit framed(bytes_view message) noexcept {
    const detail::frame_header header(message.size());
    const bytes_view head = header.view();
    std::memcpy(small_.data(), head.data(), head.size());
    pieces_[0] = {small_.data(), head.size()};
    if (head.size() + message.size() > small_.size()) {
      // writev does not write to what it is given; its struct just has no const.
      pieces_[1] = {const_cast<std::byte*>(message.data()), message.size()};
      count_ = 2;
    } else if (!message.empty()) {
      std::memcpy(small_.data() + head.size(), message.data(), message.size());
      pieces_[0].iov_len += message.size();
    }
  }
  framed(const framed&) = delete;
  framed& operator=(const framed&) = delete;

  std::span<iovec> pieces() noexcept { return std::span(pieces_).first(count_); }

 private:
  std::array<std::byte, PIPE_BUF> small_;
  std::array<iovec, 2> pieces_;
  std::size_t count_ = 1;
};

// A pipe takes 64 KiB unless it is told otherwise, so that who writes a large message and who reads
// it wait for each other all the time. What all pipes of a user take is limited, and so is this.
void widen(int fd, std::uint64_t message) noexcept {
  constexpr int usual = 64 << 10;
  constexpr int wide = 4 * usual;
  if (message <= usual) return;
  const int has = ::fcntl(fd, F_GETPIPE_SZ);
  // It is no pipe, or as wide as it may be.
  if (has >= 0 && has < wide) ::fcntl(fd, F_SETPIPE_SZ, wide);
}

// Those of the pieces that are left when so many bytes of them went out.
std::span<iovec> rest_of(std::span<iovec> pieces, std::size_t written) noexcept {
  while (!pieces.empty() && written >= pieces.front().iov_len) {
    written -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (written != 0) {
    iovec& first = pieces.front();
    first = {static_cast<std::byte*>(first.iov_base) + written, first.iov_len - written};
  }
  return pieces;
}

void write_all(int fd, std::span<iovec> pieces) {
  detail::without_sigpipe quiet;
  while (!pieces.empty()) {
    const ssize_t count = ::writev(fd, pieces.data(), static_cast<int>(pieces.size()));
    if (count >= 0) {
      pieces = rest_of(pieces, static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      poll_one(fd, POLLOUT, std::nullopt);
    } else if (errno != EINTR) {
      const std::error_code error = detail::last_error();
      if (error == std::errc::broken_pipe) quiet.raised();
      throw std::system_error(error, "cannot send a message");
    }
  }
}

}  // namespace

void connection::send_bytes(bytes_view message) const {
  check_writable();
  widen(open_->get(), message.size());
  framed whole(message);
  write_all(open_->get(), whole.pieces());
}

void connection::send_together(std::span<const buffer> messages) const {
  check_writable();
  buffer together;
  for (const buffer& message : messages) {
    together.append(detail::frame_header(message.size()).view());
    together.append(message);
  }
  iovec whole{together.data(), together.size()};
  write_all(open_->get(), {&whole, 1});
}

bool connection::try_send_bytes(bytes_view message) const {
  check_writable();
  framed whole(message);
  const std::span<iovec> pieces = whole.pieces();
  detail::without_sigpipe quiet;
  ssize_t count;
  while ((count = ::pwritev2(open_->get(), pieces.data(), static_cast<int>(pieces.size()), -1,
                             RWF_NOWAIT)) < 0 &&
         errno == EINTR) {
  }
  if (count >= 0) return true;
  if (errno == EAGAIN) return false;
  const std::error_code error = detail::last_error();
  if (error == std::errc::broken_pipe) quiet.raised();
  if (error != std::errc::operation_not_supported)
    throw std::system_error(error, "cannot send a message");
  // Pipes know this since Linux 6.4.
  if (poll_one(open_->get(), POLLOUT, std::chrono::steady_clock::time_point()) == 0) return false;
  send_bytes(message);
  return true;
}

buffer connection::recv_bytes(std::optional<std::uint64_t> maxlength) const {
  check_readable();
  std::array<std::byte, 4> head;
  read_exactly(head, true, {});
  const std::uint64_t size = recv_size(head, {});
  if (maxlength && size > *maxlength) throw detail::message_too_long(size, *maxlength);
  return recv_content(size, {});
}

std::optional<buffer> connection::try_recv_bytes(const std::function<void(std::uint64_t)>& begins,
                                                 const std::function<void()>& waits) const {
  check_readable();
  std::array<std::byte, 4> head;
  const iovec into{head.data(), head.size()};
  ssize_t count;
  while ((count = ::preadv2(open_->get(), &into, 1, -1, RWF_NOWAIT)) < 0 && errno == EINTR) {
  }
  if (count == 0) throw std::system_error(connection_errc::end_of_file);
  if (count < 0 && errno == EAGAIN) return std::nullopt;
  if (count < 0 && errno != EOPNOTSUPP)
    throw std::system_error(detail::last_error(), "cannot receive a message");
  // Pipes know this since Linux 6.4.
  if (count < 0 && !poll()) return std::nullopt;
  const auto had = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  read_exactly(std::span(head).subspan(had), had == 0, waits);
  const std::uint64_t size = recv_size(head, waits);
  begins(size);
  // What a pipe takes at once is all there.
  const bool is_there = size + head.size() <= PIPE_BUF;
  return recv_content(size, is_there ? std::function<void()>() : waits);
}

std::uint64_t connection::recv_size(std::span<const std::byte, 4> head,
                                    const std::function<void()>& waits) const {
  std::uint64_t size = 0;
  for (const std::byte byte : head)
    size = size << 8 | std::to_integer<std::uint64_t>(byte);
  constexpr std::uint64_t long_message = 0xffff'ffff;
  if (size == long_message) {
    std::array<std::byte, 8> length;
    read_exactly(length, false, waits);
    size = 0;
    for (const std::byte byte : length)
      size = size << 8 | std::to_integer<std::uint64_t>(byte);
  } else if (size > INT32_MAX) {
    size = 0;
  }
  return size;
}

buffer connection::recv_content(std::uint64_t size, const std::function<void()>& waits) const {
  // Room is made as bytes arrive: a length is easily told.
  constexpr std::size_t first_room = std::size_t{1} << 20;
  widen(open_->get(), size);
  buffer message;
  while (message.size() < size) {
    const std::size_t room =
        std::min<std::uint64_t>(size - message.size(), std::max(first_room, message.size()));
    read_exactly({message.prepare(room), room}, false, waits);
    message.commit(room);
  }
  return message;
}

void connection::read_exactly(std::span<std::byte> to, bool at_start,
                              const std::function<void()>& waits) const {
  while (!to.empty()) {
    while (waits && !poll(between_calls))
      waits();
    const ssize_t count = ::read(open_->get(), to.data(), to.size());
    if (count > 0) {
      to = to.subspan(static_cast<std::size_t>(count));
      at_start = false;
    } else if (count == 0) {
      throw std::system_error(at_start ? connection_errc::end_of_file : connection_errc::truncated);
    } else if (errno == EAGAIN) {
      poll_one(open_->get(), POLLIN, std::nullopt);
    } else if (errno != EINTR) {
      throw std::system_error(detail::last_error(), "cannot receive a message");
    }
  }
}

bool connection::poll_until(const deadline& until) const {
  check_readable();
  return poll_one(open_->get(), POLLIN, until) != 0;
}

void connection::close() const noexcept {
  if (open_ != nullptr) descriptor closing = std::move(*open_);
}

void connection::check_open() const {
  if (closed())
    throw std::system_error(make_error_code(std::errc::bad_file_descriptor), "handle is closed");
}

void connection::check_readable() const {
  check_open();
  if (!readable_)
    throw std::system_error(make_error_code(std::errc::bad_file_descriptor),
                            "connection is write-only");
}

void connection::check_writable() const {
  check_open();
  if (!writable_)
    throw std::system_error(make_error_code(std::errc::bad_file_descriptor),
                            "connection is read-only");
}

std::pair<connection, connection> pipe(bool duplex) {
  std::array<int, 2> ends{};
  const int failed = duplex ? ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data())
                            : ::pipe2(ends.data(), O_CLOEXEC);
  if (failed != 0) throw std::system_error(detail::last_error(), "cannot make a pipe");
  return {connection(std::make_shared<descriptor>(ends[0]), true, duplex),
          connection(std::make_shared<descriptor>(ends[1]), duplex, true)};
}

std::vector<int> wait(std::span<const int> among, const deadline& until) {
  std::vector<pollfd> asked;
  for (const int fd : among)
    asked.push_back({fd, POLLIN, 0});
  std::vector<int> ready;
  do {
    const int count = ::poll(asked.data(), asked.size(), poll_timeout(until));
    if (count < 0 && errno != EINTR) throw std::system_error(detail::last_error());
    for (const pollfd& each : asked) {
      if (count <= 0 || each.revents == 0) continue;
      if ((each.revents & POLLNVAL) != 0)
        throw std::system_error(make_error_code(std::errc::bad_file_descriptor));
      ready.push_back(each.fd);
    }
  } while (ready.empty() && (!until || std::chrono::steady_clock::now() < *until));
  return ready;
}

std::vector<connection> wait(std::span<const connection> among, const deadline& until) {
  std::vector<int> descriptors;
  for (const connection& each : among)
    descriptors.push_back(each.fileno());
  const std::vector<int> ready = wait(descriptors, until);
  std::vector<connection> result;
  for (const connection& each : among)
    if (std::find(ready.begin(), ready.end(), each.fileno()) != ready.end()) result.push_back(each);
  return result;
}

namespace {

value_view write_connection(const connection& from, value_builder& b) {
  const std::array<value_view, 3> args{write_descriptor(from.open_file(), b),
                                       value_view::boolean(from.readable()),
                                       value_view::boolean(from.writable())};
  return b.instance(instance_node::construction::reduce,
                    b.global(rebuild_connection.module, rebuild_connection.name), b.tuple(args));
}

}  // namespace

value_view to_value(const connection& from, value_builder& b) {
  spawning* child = spawning::current();
  if (child == nullptr) return write_connection(from, b);
  value_view& built = child->built_around(from.open_file());
  if (built.is_none()) built = write_connection(from, b);
  return built;
}

void from_value(value_view v, connection& to) {
  const instance_node* call = as_call(v, rebuild_connection);
  if (call == nullptr || call->args.as_items().size() != 3)
    throw conversion_error("multiprocessing.connection.Connection", v);
  const auto args = call->args.as_items();
  bool readable = false;
  bool writable = false;
  pickled::from_value(args[1], readable);
  pickled::from_value(args[2], writable);
  to = connection(read_descriptor(args[0]), readable, writable);
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
