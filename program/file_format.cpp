// SPDX-License-Identifier: BSL-1.0

#include "program/file_format.hpp"

#include "files/unread_format.hpp"

#include <fmt/format.h>

#include <string_view>

namespace pickled::inline v0::detail {

namespace {

struct file_format {
  std::string_view magic;
  std::string_view what;
};

constexpr file_format formats[] = {
    {"PK\x03\x04", "a zip archive (of torch.save, or an .npz), of which a member may be a pickle"},
    {"PK\x05\x06", "a zip archive without members"},
    {"\x1f\x8b", "gzip data, which has to be unpacked first"},
    {"\x93NUMPY", "an .npy file of numpy, which numpy.load reads"},
};

// Its two bytes are a multiple of 31, and the first of them names deflate and a window.
bool is_zlib(std::string_view text) noexcept {
  if (text.size() < 2) return false;
  const unsigned first = static_cast<unsigned char>(text[0]);
  const unsigned second = static_cast<unsigned char>(text[1]);
  return first == 0x78 && (first * 256 + second) % 31 == 0;
}

}  // namespace

std::string hint_at_format(bytes_view beginning) {
  const std::string_view text = as_text(beginning);
  for (const auto& [magic, what] : formats)
    if (text.starts_with(magic)) return fmt::format("; it is {}", what);
  if (is_zlib(text)) return "; it is zlib data (of joblib, say), which has to be unpacked first";
  const auto unread = unread_format_of(beginning);
  if (!unread) return {};
  return fmt::format("; it is {}{}", *unread,
                     unread->ends_with("data") ? ", which has to be unpacked first" : "");
}

}  // namespace pickled::inline v0::detail
