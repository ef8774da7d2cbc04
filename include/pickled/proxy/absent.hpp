// SPDX-License-Identifier: BSL-1.0

// What a call passes for Python to answer where there is no item: dict.get(key, absent).

#ifndef PICKLED_PROXY_ABSENT_HPP
#define PICKLED_PROXY_ABSENT_HPP

#include "pickled/convert/core.hpp"
#include "pickled/value/value.hpp"

PICKLED_BEGIN_NAMESPACE

// Sixteen random bytes, other ones in each process, which hence no item is equal to.
struct absent {};

value_view to_value(absent, value_builder& b);
bool is_absent(value_view v);

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_ABSENT_HPP
