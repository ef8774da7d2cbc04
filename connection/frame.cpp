// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/frame.hpp"

#include <algorithm>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

std::uint64_t load_big_endian(bytes_view bytes) noexcept {
  std::uint64_t n = 0;
  for (const std::byte b : bytes)
    n = n << 8 | std::to_integer<std::uint64_t>(b);
  return n;
}

void store_big_endian(std::span<std::byte> bytes, std::uint64_t n) noexcept {
  for (std::size_t i = bytes.size(); i-- != 0; n >>= 8)
    bytes[i] = static_cast<std::byte>(n);
}

constexpr std::size_t short_header = 4;
constexpr std::size_t long_header = 12;
// For what is not known to come. It takes many small requests, and little of an idle connection.
constexpr std::size_t largest_read = std::size_t{16} << 10;
// As many times what has arrived is room made for, and more where moving it would cost more than
// the rest of the message. Pages that are not written to cost nothing.
constexpr std::size_t growth = 8;
constexpr std::size_t growth_of_much = 64;
constexpr std::size_t much = std::size_t{1} << 20;
// A message of this size is worth memory of its own.
constexpr std::size_t released_size = std::size_t{32} << 10;
// What a writer keeps for the next frames.
constexpr std::size_t kept_capacity = std::size_t{8} << 10;

}  // namespace

frame_reader::header frame_reader::parse(bytes_view rest) noexcept {
  if (rest.size() < short_header) return {0, 0};
  const auto first = static_cast<std::int32_t>(load_big_endian(rest.first(short_header)));
  if (first != -1) return {short_header, first > 0 ? static_cast<std::uint64_t>(first) : 0};
  if (rest.size() < long_header) return {0, 0};
  return {long_header, load_big_endian(rest.subspan(short_header, 8))};
}

frame_reader::status frame_reader::next(bytes_view& message) noexcept {
  const bytes_view rest = buffer_.view().subspan(head_);
  const header h = parse(rest);
  missing_ = 0;
  if (h.size == 0) return status::need_more;
  announced_ = h.payload;
  if (h.payload > limit_) return status::too_long;
  if (rest.size() - h.size < h.payload) {
    missing_ = h.payload - (rest.size() - h.size);
    return status::need_more;
  }
  message = rest.subspan(h.size, h.payload);
  head_ += h.size + message.size();
  return status::message;
}

buffer frame_reader::release() noexcept {
  if (room_ != 0 || buffered() != 0 || buffer_.size() < released_size) return {};
  head_ = 0;
  return std::move(buffer_);
}

void frame_reader::discard() noexcept {
  head_ += parse(buffer_.view().subspan(head_)).size;
  const std::size_t arrived =
      static_cast<std::size_t>(std::min<std::uint64_t>(announced_, buffered()));
  head_ += arrived;
  discarded_ = announced_ - arrived;
}

bytes_view frame_reader::begun() const noexcept {
  const bytes_view rest = buffer_.view().subspan(head_);
  const header h = parse(rest);
  if (h.size == 0) return {};
  const bytes_view arrived = rest.subspan(h.size);
  return arrived.first(std::min<std::uint64_t>(arrived.size(), h.payload));
}

bool frame_reader::inside_message() const noexcept {
  if (discarded_ != 0) return true;
  bytes_view rest = buffer_.view().subspan(head_);
  while (!rest.empty()) {
    const header h = parse(rest);
    if (h.size == 0 || rest.size() - h.size < h.payload) return true;
    rest = rest.subspan(h.size + h.payload);
  }
  return false;
}

std::span<std::byte> frame_reader::prepare() {
  if (head_ != 0) {
    buffer_.consume(head_);
    head_ = 0;
  }
  // A large message that is done with leaves no large buffer behind on an idle connection.
  if (buffer_.empty() && buffer_.capacity() > 2 * largest_read) buffer_ = buffer();
  const std::size_t arrived = buffer_.size();
  const std::size_t most =
      std::max(read_ahead, (arrived < much ? growth : growth_of_much) * arrived);
  room_ = static_cast<std::size_t>(std::clamp<std::uint64_t>(missing_, read_size_, most));
  std::byte* at = buffer_.prepare(room_);
  return {at, room_};
}

void frame_reader::commit(std::size_t count) noexcept {
  buffer_.commit(count);
  const std::size_t dropped = static_cast<std::size_t>(std::min<std::uint64_t>(discarded_, count));
  head_ += dropped;
  discarded_ -= dropped;
  if (count == room_) read_size_ = std::min(read_size_ * 2, largest_read);
  room_ = 0;
}

frame_header::frame_header(std::uint64_t payload_size) noexcept {
  if (payload_size <= INT32_MAX) {
    size_ = short_header;
    store_big_endian(std::span(bytes_).first(short_header), payload_size);
  } else {
    size_ = long_header;
    store_big_endian(std::span(bytes_).first(short_header), 0xffffffff);
    store_big_endian(std::span(bytes_).subspan(short_header), payload_size);
  }
}

void frame_writer::add(bytes_view payload) {
  add_frame(payload.size(), [&] { add_piece(payload); });
}

void frame_writer::add(const spliced& message) {
  add_frame(message.size(),
            [&] { message.for_each_piece([this](bytes_view piece) { add_piece(piece); }); });
}

template <class AddPieces>
void frame_writer::add_frame(std::size_t payload_size, AddPieces add_pieces) {
  const std::size_t copied = copied_.size();
  const std::size_t pieces = pieces_.size();
  const std::size_t last = pieces == 0 ? 0 : pieces_.back().size;
  try {
    add_piece(frame_header(payload_size).view());
    add_pieces();
  } catch (...) {
    copied_.truncate(copied);
    pieces_.resize(pieces);
    if (pieces != 0) pieces_.back().size = last;
    throw;
  }
}

void frame_writer::add_piece(bytes_view bytes) {
  if (bytes.empty()) return;
  if (bytes.size() > copied_size) {
    pieces_.push_back({bytes.data(), bytes.size()});
    return;
  }
  copied_.append(bytes);
  if (empty() || pieces_.back().data != nullptr)
    pieces_.push_back({nullptr, bytes.size()});
  else
    pieces_.back().size += bytes.size();
}

std::span<const iovec> frame_writer::front() noexcept {
  std::byte* copied = copied_.data() + copied_sent_;
  const std::size_t count = std::min(pieces_.size() - next_, front_.size());
  for (std::size_t i = 0; i != count; ++i) {
    const piece& p = pieces_[next_ + i];
    // writev does not write to what it is given; its struct just has no const.
    front_[i] = {p.data == nullptr ? copied : const_cast<std::byte*>(p.data), p.size};
    if (p.data == nullptr) copied += p.size;
  }
  return std::span(front_).first(count);
}

void frame_writer::consume(std::size_t written) noexcept {
  while (written != 0) {
    piece& p = pieces_[next_];
    const std::size_t count = std::min(written, p.size);
    if (p.data == nullptr)
      copied_sent_ += count;
    else
      p.data += count;
    p.size -= count;
    written -= count;
    if (p.size == 0) ++next_;
  }
  if (empty()) clear();
}

void frame_writer::clear() noexcept {
  copied_.clear();
  if (copied_.capacity() > kept_capacity) copied_ = buffer();
  copied_sent_ = 0;
  pieces_.clear();
  next_ = 0;
}

}  // namespace pickled::inline v0::detail
