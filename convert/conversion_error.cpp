// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/conversion_error.hpp"

#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"

#include <fmt/format.h>

PICKLED_BEGIN_NAMESPACE

conversion_error::conversion_error(std::string_view expected, std::string_view got)
    : expected_(expected), got_(got) {
  compose();
}

conversion_error::conversion_error(std::string_view expected, value_view got)
    : conversion_error(expected, type_name(got)) {}

void conversion_error::enter(std::string_view step) {
  path_.insert(0, step);
  compose();
}

void conversion_error::compose() {
  what_ = fmt::format("${}: expected {}, got {}", path_, expected_, got_);
}

std::string index_step(std::size_t index) {
  return fmt::format("[{}]", index);
}

std::string key_step(value_view key) {
  constexpr std::size_t longest = 60;
  return fmt::format("[{}]", repr(key, longest));
}

std::string attribute_step(std::string_view name) {
  return fmt::format(".{}", name);
}

PICKLED_END_NAMESPACE
