// SPDX-License-Identifier: BSL-1.0

#include "files/inflate.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <zlib.h>

namespace pickled::inline v0::detail {
namespace {

// inflateInit and inflateEnd; zlib's own pointers are not const.
class inflate_stream {
 public:
  explicit inflate_stream(int window) {
    if (::inflateInit2(&stream_, window) != Z_OK) throw std::bad_alloc();
  }
  inflate_stream(const inflate_stream&) = delete;
  inflate_stream& operator=(const inflate_stream&) = delete;
  ~inflate_stream() { ::inflateEnd(&stream_); }

  z_stream* operator->() noexcept { return &stream_; }
  int run() noexcept { return ::inflate(&stream_, Z_NO_FLUSH); }
  void restart() noexcept { ::inflateReset(&stream_); }

 private:
  z_stream stream_ = {};
};

constexpr std::size_t most_at_once = std::size_t{1} << 30;

}  // namespace

inflated inflate(bytes_view compressed, deflate_form form, std::size_t limit) {
  // 32 has zlib tell its own head from gzip's.
  inflate_stream stream(form == deflate_form::raw ? -MAX_WBITS : MAX_WBITS + 32);
  const bool gzip = form == deflate_form::zlib && compressed.size() > 1 &&
                    compressed[0] == std::byte{0x1f} && compressed[1] == std::byte{0x8b};
  inflated result;
  for (;;) {
    const std::size_t in = std::min(compressed.size() - result.consumed, most_at_once);
    const std::size_t room =
        std::min(std::max<std::size_t>(result.content.size(), 1 << 16), most_at_once);
    stream->next_in =
        reinterpret_cast<Bytef*>(const_cast<std::byte*>(compressed.data() + result.consumed));
    stream->avail_in = static_cast<uInt>(in);
    stream->next_out = reinterpret_cast<Bytef*>(result.content.prepare(room));
    stream->avail_out = static_cast<uInt>(room);
    const int status = stream.run();
    result.content.commit(room - stream->avail_out);
    result.consumed += in - stream->avail_in;
    if (result.content.size() > limit) {
      result.content.truncate(limit);
      result.wrong = "it unpacks to more than is allowed";
      result.too_large = true;
      return result;
    }
    if (status == Z_STREAM_END) {
      const bytes_view rest = compressed.subspan(result.consumed);
      const bool more =
          gzip && rest.size() > 1 && rest[0] == std::byte{0x1f} && rest[1] == std::byte{0x8b};
      if (!more) return result;
      stream.restart();
    } else if (status != Z_OK) {
      const bool ended = status == Z_BUF_ERROR && result.consumed == compressed.size();
      result.wrong = ended ? "the compressed data is cut off" : "the compressed data is damaged";
      return result;
    }
  }
}

std::uint32_t crc32(bytes_view content) noexcept {
  uLong crc = 0;
  for (std::size_t done = 0; done != content.size();) {
    const std::size_t count = std::min(content.size() - done, most_at_once);
    crc = ::crc32(crc, reinterpret_cast<const Bytef*>(content.data() + done),
                  static_cast<uInt>(count));
    done += count;
  }
  return static_cast<std::uint32_t>(crc);
}

}  // namespace pickled::inline v0::detail
