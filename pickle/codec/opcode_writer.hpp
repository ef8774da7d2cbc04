// SPDX-License-Identifier: BSL-1.0

// Writes opcodes with their operands; into frames, if asked, with the boundaries of CPython's C
// pickler (_Pickler_Write, _Pickler_OpcodeBoundary and _Pickler_write_bytes).

#ifndef PICKLED_PICKLE_CODEC_OPCODE_WRITER_HPP
#define PICKLED_PICKLE_CODEC_OPCODE_WRITER_HPP

#include "pickle/codec/opcode.hpp"
#include "pickle/value/pages.hpp"
#include "pickled/value/buffer.hpp"

#include <cstddef>
#include <cstring>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>

namespace pickled::inline v0::detail {

class opcode_writer {
 public:
  using sink = std::function<void(bytes_view)>;

  // All goes to the sink, if there is one, at the latest at the end of a frame.
  explicit opcode_writer(const sink* to = nullptr) noexcept : sink_(to) {}

  std::size_t size() const noexcept { return out_.size(); }

  // From here on all is written into frames.
  void start_framing() noexcept { framing_ = true; }
  // Between two objects: a frame that is full ends here.
  void boundary() {
    if (!in_pieces() || until_boundary() != 0) return;
    close_frame();
    flush();
  }
  // Whether the output is cut into frames or pieces at all, and how many bytes may be written
  // before the next cut.
  bool in_pieces() const noexcept { return framing_ || sink_ != nullptr; }
  std::size_t until_boundary() const noexcept {
    if (!in_pieces()) return std::numeric_limits<std::size_t>::max();
    const std::size_t begin = frame_start_ == no_frame ? 0 : frame_start_ + header_size;
    const std::size_t size = out_.size() - begin;
    return size < frame_target ? frame_target - size : 0;
  }
  buffer finish() {
    close_frame();
    flush();
    return std::move(out_);
  }

  void write(opcode code) {
    begin();
    out_.push_back(static_cast<std::byte>(code));
  }
  template <class Operand>
  void write(opcode code, Operand operand) {
    begin();
    std::byte* to = out_.prepare(1 + sizeof operand);
    to[0] = static_cast<std::byte>(code);
    std::memcpy(to + 1, &operand, sizeof operand);
    out_.commit(1 + sizeof operand);
  }
  // Room for one whole opcode of at most `size` bytes, then what was used of it.
  std::byte* prepare(std::size_t size) {
    begin();
    return out_.prepare(size);
  }
  void commit(std::size_t size) noexcept { out_.commit(size); }

  void write_line(opcode code, std::string_view line) {
    write(code);
    append_line(line);
  }
  void append_line(std::string_view line) {
    out_.append(line);
    out_.push_back(std::byte{'\n'});
  }

  // `header` is the opcode and the length. Large data stand outside of frames.
  void write_counted(bytes_view header, bytes_view data) {
    const bool alone = data.size() >= frame_target;
    if (alone && framing_) {
      close_frame();
    } else {
      begin();
    }
    if (alone && sink_ != nullptr) {
      out_.append(header);
      flush();
      return (*sink_)(data);
    }
    std::byte* to = out_.prepare(header.size() + data.size());
    if (alone) provide_pages(to, data.size());
    std::memcpy(to, header.data(), header.size());
    if (!data.empty()) std::memcpy(to + header.size(), data.data(), data.size());
    out_.commit(header.size() + data.size());
  }

  // The output so far, for the PUTs that are inserted at the end.
  buffer& output() noexcept { return out_; }

 private:
  static constexpr std::size_t no_frame = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t header_size = 9;
  static constexpr std::size_t frame_target = 64 * 1024;
  static constexpr std::size_t smallest_frame = 4;

  void begin() {
    if (framing_ && frame_start_ == no_frame) {
      frame_start_ = out_.size();
      out_.prepare(header_size);
      out_.commit(header_size);
    }
  }

  void flush() {
    if (sink_ == nullptr || out_.empty()) return;
    (*sink_)(out_.view());
    out_.clear();
  }

  void close_frame() {
    if (frame_start_ == no_frame) return;
    std::byte* header = out_.data() + frame_start_;
    const std::size_t length = out_.size() - frame_start_ - header_size;
    if (length >= smallest_frame) {
      header[0] = static_cast<std::byte>(opcode::frame);
      std::memcpy(header + 1, &length, sizeof length);
    } else {
      std::memmove(header, header + header_size, length);
      out_.truncate(out_.size() - header_size);
    }
    frame_start_ = no_frame;
  }

  const sink* sink_;
  buffer out_;
  std::size_t frame_start_ = no_frame;
  bool framing_ = false;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_OPCODE_WRITER_HPP
