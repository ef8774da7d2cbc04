// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/absent.hpp"

#include "pickled/connection/digest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

PICKLED_BEGIN_NAMESPACE
namespace {

bytes_view absent_bytes() {
  static const auto bytes = [] {
    std::array<std::byte, 16> random{};
    detail::fill_random(random);
    return random;
  }();
  return bytes;
}

}  // namespace

value_view to_value(absent, value_builder& b) {
  return b.bytes(absent_bytes());
}

bool is_absent(value_view v) {
  return v.is(kind::bytes) && std::ranges::equal(v.as_bytes(), absent_bytes());
}

PICKLED_END_NAMESPACE
