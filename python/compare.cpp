// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/compare.hpp"

#include "python/comparison.hpp"

namespace pickled::inline v0::detail {

bool equal_function::operator()(value_argument a, value_argument b) const {
  return comparison().equal(a, b);
}

bool less_function::operator()(value_argument a, value_argument b) const {
  return comparison().less(a, b);
}

std::uint64_t hash_function::operator()(value_argument v, std::uint64_t origin) const {
  return comparison(origin).hash(v);
}

}  // namespace pickled::inline v0::detail
