// SPDX-License-Identifier: BSL-1.0

// Tells the objects of one type from those of another by what they can do.

#ifndef PICKLED_PROXY_REQUIRE_METHOD_HPP
#define PICKLED_PROXY_REQUIRE_METHOD_HPP

#include "pickled/convert/conversion_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

// Throws conversion_error where `method`, unless it is empty, is not among those exposed.
inline void require_method(const std::vector<std::string>& exposed, std::string_view method,
                           std::string_view type_id) {
  if (method.empty() || std::ranges::count(exposed, method) != 0) return;
  throw conversion_error(fmt::format("an object with the method {}", method),
                         fmt::format("one of the type {}", type_id));
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROXY_REQUIRE_METHOD_HPP
