// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/call_arguments.hpp"

#include "pickled/python/python_error.hpp"

#include <fmt/format.h>

PICKLED_BEGIN_NAMESPACE

void call_arguments::check_new(std::string_view name) const {
  for (const dict_entry& given : kwds_)
    if (given.key.as_str() == name)
      throw python_error("TypeError",
                         fmt::format("got multiple values for keyword argument '{}'", name));
}

PICKLED_END_NAMESPACE
