// SPDX-License-Identifier: BSL-1.0

// Pipes between processes, and what stands at either end: multiprocessing.Pipe and
// multiprocessing.connection.Connection, blocking, over any stream that has a descriptor.
//
//   auto [parent, child] = pipe();
//   parent.send(std::vector{1, 2});
//   child.recv<std::vector<int>>();

#ifndef PICKLED_PROCESS_PIPE_HPP
#define PICKLED_PROCESS_PIPE_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/process/deadline.hpp"
#include "pickled/process/reduction.hpp"
#include "pickled/value/buffer.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// Copies are the same connection, as two names of one object in Python. One thread may read while
// another writes; never two of a kind at once. Not a byte is read beyond a message, so that several
// processes may take turns at one end.
//
// Every function throws std::system_error: `connection_errc::end_of_file` where the other end was
// closed between two messages, `truncated` where it was within one, EPIPE where nobody reads, EBADF
// where this end is closed or goes the other way.
class connection {
 public:
  connection() = default;
  explicit connection(shared_descriptor open, bool readable = true, bool writable = true) noexcept
      : open_(std::move(open)), readable_(readable), writable_(writable) {}

  bool readable() const noexcept { return readable_; }
  bool writable() const noexcept { return writable_; }
  bool closed() const noexcept { return open_ == nullptr || !*open_; }
  int fileno() const { return check_open(), open_->get(); }
  const shared_descriptor& open_file() const { return check_open(), open_; }

  // One message of these bytes.
  void send_bytes(bytes_view message) const;
  // The same where it can be sent at once. Precondition: with its header it has PIPE_BUF bytes at
  // most.
  bool try_send_bytes(bytes_view message) const;
  // Several messages by one write, so that all or none are sent of what has PIPE_BUF bytes at most
  // with its headers.
  void send_together(std::span<const buffer> messages) const;
  // The next message. One longer than `maxlength` throws `message_too_long`, and the connection is
  // of no more use.
  buffer recv_bytes(std::optional<std::uint64_t> maxlength = std::nullopt) const;
  // The same where one has begun to arrive; nullopt where there is none yet. `begins` is told how
  // many bytes it has, before they are received. `waits` is called every tenth of a second in which
  // none of them comes, and may throw.
  std::optional<buffer> try_recv_bytes(const std::function<void(std::uint64_t)>& begins,
                                       const std::function<void()>& waits) const;

  template <class T>
  void send(const T& item) const {
    send_bytes(dumps(item));
  }
  // Also throws as loads. What cannot be converted is lost.
  template <class T = pickled::value>
  T recv() const {
    const buffer message = recv_bytes();
    return loads<T>(message.view());
  }

  // Whether there is something to read, or the end.
  bool poll() const { return poll_until(std::chrono::steady_clock::time_point()); }
  template <class Rep, class Period>
  bool poll(const std::chrono::duration<Rep, Period>& timeout) const {
    return poll_until(deadline_after(timeout));
  }
  bool poll_until(const deadline& until) const;

  // Of all copies in this process.
  void close() const noexcept;

 private:
  void check_open() const;
  void check_readable() const;
  void check_writable() const;
  // `waits` may be none.
  void read_exactly(std::span<std::byte> to, bool at_start,
                    const std::function<void()>& waits) const;
  // The size of the message that begins so, and what follows.
  std::uint64_t recv_size(std::span<const std::byte, 4> head,
                          const std::function<void()>& waits) const;
  buffer recv_content(std::uint64_t size, const std::function<void()>& waits) const;

  shared_descriptor open_;
  bool readable_ = true;
  bool writable_ = true;
};

// Both ends; of one that is not duplex the first reads and the second writes.
std::pair<connection, connection> pipe(bool duplex = true);

// Those of the connections that have something to read, or have ended; none where the time passes
// before. Mirrors connection.wait.
std::vector<connection> wait(std::span<const connection> among,
                             const deadline& until = std::nullopt);
// The same for descriptors that are readable when something has happened, as sentinels are.
std::vector<int> wait(std::span<const int> among, const deadline& until = std::nullopt);

value_view to_value(const connection& from, value_builder& b);
void from_value(value_view v, connection& to);

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_PIPE_HPP
