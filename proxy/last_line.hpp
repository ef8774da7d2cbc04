// SPDX-License-Identifier: BSL-1.0

// What a server says in a traceback: the exception, in its last line.

#ifndef PICKLED_PROXY_LAST_LINE_HPP
#define PICKLED_PROXY_LAST_LINE_HPP

#include <string_view>

namespace pickled::inline v0::detail {

inline std::string_view last_line(std::string_view text) noexcept {
  while (text.ends_with('\n'))
    text.remove_suffix(1);
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROXY_LAST_LINE_HPP
