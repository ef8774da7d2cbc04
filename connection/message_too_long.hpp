// SPDX-License-Identifier: BSL-1.0

// A message that is longer than whoever receives it takes, with both lengths.

#ifndef PICKLED_CONNECTION_MESSAGE_TOO_LONG_HPP
#define PICKLED_CONNECTION_MESSAGE_TOO_LONG_HPP

#include "pickled/connection/connection_errc.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

namespace pickled::inline v0::detail {

class message_too_long : public std::system_error {
 public:
  message_too_long(std::uint64_t size, std::uint64_t limit)
      : message_too_long(
            fmt::format("a message of {} bytes is longer than the limit of {}", size, limit)) {}

  // "a message of 2000 bytes is longer than the limit of 1000".
  const std::string& text() const noexcept { return text_; }

 private:
  explicit message_too_long(std::string text)
      : std::system_error(connection_errc::message_too_long, text), text_(std::move(text)) {}

  std::string text_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_MESSAGE_TOO_LONG_HPP
