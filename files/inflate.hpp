// SPDX-License-Identifier: BSL-1.0

// What zlib has compressed, unpacked.

#ifndef PICKLED_FILES_INFLATE_HPP
#define PICKLED_FILES_INFLATE_HPP

#include "pickled/value/buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace pickled::inline v0::detail {

enum class deflate_form {
  raw,   // as zip has it
  zlib,  // with zlib's or gzip's head; of gzip also several members behind one another
};

struct inflated {
  buffer content;     // all, or up to what is wrong
  std::string wrong;  // empty where nothing is
  bool too_large = false;
  std::size_t consumed = 0;
};

// At most `limit` bytes of content.
inflated inflate(bytes_view compressed, deflate_form form, std::size_t limit);

std::uint32_t crc32(bytes_view content) noexcept;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FILES_INFLATE_HPP
