// SPDX-License-Identifier: BSL-1.0

// Formats that pickles come in, and that are not read here.

#ifndef PICKLED_FILES_UNREAD_FORMAT_HPP
#define PICKLED_FILES_UNREAD_FORMAT_HPP

#include "pickled/value/buffer.hpp"

#include <optional>
#include <string_view>

namespace pickled::inline v0::detail {

// "bzip2 data", "a tar archive" and such, by the content; nullopt of what is none that is known.
std::optional<std::string_view> unread_format_of(bytes_view content) noexcept;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FILES_UNREAD_FORMAT_HPP
