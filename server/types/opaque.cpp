// SPDX-License-Identifier: BSL-1.0

#include "server/types/opaque.hpp"

#include "pickled/python/python_error.hpp"

#include <fmt/format.h>

namespace pickled::inline v0::detail {

std::string address_text(const void* object) {
  return fmt::format("{}", object);
}

void cannot_pickle(std::string_view type) {
  throw python_error("TypeError", fmt::format("cannot pickle '{}' object", type));
}

}  // namespace pickled::inline v0::detail
