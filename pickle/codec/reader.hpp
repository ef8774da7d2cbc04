// SPDX-License-Identifier: BSL-1.0

// A cursor over bytes from outside. Nothing is ever read past the end: every function tells
// whether there was enough, and leaves the cursor where it was when there was not.

#ifndef PICKLED_PICKLE_CODEC_READER_HPP
#define PICKLED_PICKLE_CODEC_READER_HPP

#include "pickled/value/buffer.hpp"

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pickled::inline v0::detail {

static_assert(std::endian::native == std::endian::little, "pickles are read in place");

class reader {
 public:
  explicit reader(bytes_view input) noexcept
      : begin_(input.data()), at_(begin_), end_(begin_ + input.size()) {}

  std::size_t offset() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  const std::byte* position() const noexcept { return at_; }

  // The next byte without taking it. Precondition: remaining() != 0.
  std::uint8_t peek() const noexcept { return static_cast<std::uint8_t>(*at_); }
  // Precondition: remaining() >= count.
  void skip(std::size_t count) noexcept { at_ += count; }

  // A little-endian number of the size of Integer.
  template <std::integral Integer>
  [[nodiscard]] bool read(Integer& number) noexcept {
    if (remaining() < sizeof number) return false;
    std::memcpy(&number, at_, sizeof number);
    at_ += sizeof number;
    return true;
  }

  // A big-endian IEEE double, as BINFLOAT has it.
  [[nodiscard]] bool read_double(double& number) noexcept {
    std::uint64_t bits;
    if (!read(bits)) return false;
    number = std::bit_cast<double>(__builtin_bswap64(bits));
    return true;
  }

  [[nodiscard]] bool read(std::uint64_t count, bytes_view& bytes) noexcept {
    if (remaining() < count) return false;
    bytes = {at_, static_cast<std::size_t>(count)};
    at_ += count;
    return true;
  }

  // A line without its newline. A last line without one is no line.
  [[nodiscard]] bool read_line(std::string_view& line) noexcept {
    if (remaining() == 0) return false;
    const void* newline = std::memchr(at_, '\n', remaining());
    if (newline == nullptr) return false;
    const auto* stop = static_cast<const std::byte*>(newline);
    line = as_text({at_, stop});
    at_ = stop + 1;
    return true;
  }

 private:
  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_READER_HPP
