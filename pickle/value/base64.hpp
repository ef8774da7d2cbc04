// SPDX-License-Identifier: BSL-1.0

// RFC 4648's base64, as JSON carries bytes.

#ifndef PICKLED_PICKLE_VALUE_BASE64_HPP
#define PICKLED_PICKLE_VALUE_BASE64_HPP

#include "pickled/value/buffer.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

std::string to_base64(bytes_view bytes);

// nullopt where `text` is not what to_base64 writes.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_VALUE_BASE64_HPP
