// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/compare.hpp"

#include "python/comparison.hpp"

PICKLED_BEGIN_NAMESPACE

bool equal(value_view a, value_view b) {
  return detail::comparison().equal(a, b);
}

bool less(value_view a, value_view b) {
  return detail::comparison().less(a, b);
}

std::uint64_t hash(value_view v, std::uint64_t origin) {
  return detail::comparison(origin).hash(v);
}

PICKLED_END_NAMESPACE
