// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/function_name.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <stdexcept>

PICKLED_BEGIN_NAMESPACE

value_view to_value(const function_name& from, value_builder& b) {
  const std::string_view name = from.text;
  std::size_t split = name.find(':');
  if (split == std::string_view::npos) split = name.rfind('.');
  if (split == std::string_view::npos || split == 0 || split + 1 == name.size())
    throw std::invalid_argument(
        fmt::format("'{}' names no function: MODULE.FUNCTION, as Python spells it", name));
  return b.global(name.substr(0, split), name.substr(split + 1));
}

PICKLED_END_NAMESPACE
