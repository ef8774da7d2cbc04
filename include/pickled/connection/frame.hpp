// SPDX-License-Identifier: BSL-1.0

// Messages on a stream, as multiprocessing.connection.Connection frames them. Neither class does
// I/O: one is fed the bytes that arrived, the other says which bytes go out next.
//
//   frame := int32(n) payload[n]               0 <= n <= 0x7fffffff
//          | int32(-1) uint64(n) payload[n]    any n; written for longer payloads only
//
// All integers are big-endian. Any other negative length is an empty message, as CPython reads it.

#ifndef PICKLED_CONNECTION_FRAME_HPP
#define PICKLED_CONNECTION_FRAME_HPP

#include "pickled/frozen/splicer.hpp"
#include "pickled/value/buffer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/uio.h>
#include <vector>

PICKLED_BEGIN_NAMESPACE

namespace detail {

// Cuts messages out of what arrives:
//
//   next() -> need_more -> prepare(), read into it, commit() -> next() -> message ... need_more ...
//
// The length is checked against the limit before room is made for the payload, and room is made
// as bytes arrive (at most eight times as much, from a MiB on 64 times), never as announced.
class frame_reader {
 public:
  // CPython reads every message of the challenge with this limit.
  static constexpr std::uint64_t handshake_limit = 256;
  // What one connection may buffer beyond the message that it is receiving.
  static constexpr std::size_t read_ahead = std::size_t{64} << 10;

  enum class status {
    message,    // one was cut out
    need_more,  // what is buffered is not a whole frame
    too_long,   // the next message is longer than the limit: only discard() leads on
  };

  explicit frame_reader(std::uint64_t limit = handshake_limit) noexcept : limit_(limit) {}
  void set_limit(std::uint64_t limit) noexcept { limit_ = limit; }
  std::uint64_t limit() const noexcept { return limit_; }

  // The next message points into the reader, until prepare() is called.
  [[nodiscard]] status next(bytes_view& message) noexcept;
  // The memory that the message lies in which was just cut out, if it is large, nothing else is
  // buffered, and no room was prepared that is not committed; else an empty buffer. The message
  // then lives as long as that.
  buffer release() noexcept;

  // Room for bytes to come, never empty. May also be called while whole frames are buffered.
  std::span<std::byte> prepare();
  void commit(std::size_t count) noexcept;

  // After `too_long`: the message is dropped as it arrives, and takes no room.
  void discard() noexcept;

  // Bytes that arrived and are not handed out. After `need_more` they are part of a frame.
  std::size_t buffered() const noexcept { return buffer_.size() - head_; }
  // What they take, room for more included.
  std::size_t memory() const noexcept { return buffer_.capacity(); }
  // What is buffered of the payload of the next message. Valid until prepare() is called.
  bytes_view begun() const noexcept;
  // Whether what is buffered ends within a message, so that an end of file there is an error.
  bool inside_message() const noexcept;
  // The length that the header before the end of the buffered bytes told.
  std::uint64_t announced() const noexcept { return announced_; }

 private:
  struct header {
    std::size_t size;  // 0 where it is incomplete
    std::uint64_t payload;
  };
  static header parse(bytes_view rest) noexcept;

  buffer buffer_;
  std::size_t head_ = 0;  // of the first byte that is not handed out
  std::uint64_t missing_ = 0;
  std::uint64_t discarded_ = 0;  // so many bytes to come are dropped
  std::uint64_t announced_ = 0;
  std::uint64_t limit_;
  std::size_t room_ = 0;  // that was prepared, and is not committed
  std::size_t read_size_ = 4096;
};

// The four or twelve bytes before a payload.
class frame_header {
 public:
  explicit frame_header(std::uint64_t payload_size) noexcept;
  bytes_view view() const noexcept { return std::span(bytes_).first(size_); }

 private:
  std::array<std::byte, 12> bytes_;
  std::size_t size_;
};

// Frames on their way out, for gathered writes: small payloads are copied, one behind the other, so
// that many of them are one piece. A large one is referred to, and must live until it is consumed.
class frame_writer {
 public:
  // Payloads of up to this size are copied.
  static constexpr std::size_t copied_size = 4096;

  // Where these throw, which is for want of memory, nothing was added.
  void add(bytes_view payload);
  void add(const spliced& message);

  bool empty() const noexcept { return next_ == pieces_.size(); }
  // What to write next, in order: a few pieces for one writev. Valid until the next call of
  // another function.
  std::span<const iovec> front() noexcept;
  // The first `written` bytes of it went out.
  void consume(std::size_t written) noexcept;
  // Forgets what is left.
  void clear() noexcept;

 private:
  struct piece {
    const std::byte* data;  // nullptr: what comes next in copied_
    std::size_t size;
  };

  template <class AddPieces>
  void add_frame(std::size_t payload_size, AddPieces add_pieces);
  void add_piece(bytes_view bytes);

  buffer copied_;
  std::size_t copied_sent_ = 0;
  std::vector<piece> pieces_;
  std::size_t next_ = 0;
  std::array<iovec, 32> front_;
};

}  // namespace detail

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONNECTION_FRAME_HPP
