#include "python/compare.hpp"

#include "python/comparison.hpp"

namespace pickled {

bool equal(value_view a, value_view b) {
  return comparison().equal(a, b);
}

bool less(value_view a, value_view b) {
  if (a.is(kind::integer) && b.is(kind::integer)) return a.as_integer() < b.as_integer();
  if (a.is(kind::str) && b.is(kind::str)) return a.as_str() < b.as_str();
  if (a.is(kind::real) && b.is(kind::real)) return a.as_real() < b.as_real();
  return comparison().less(a, b);
}

std::uint64_t hash(value_view v, std::uint64_t origin) {
  return comparison(origin).hash(v);
}

}  // namespace pickled
