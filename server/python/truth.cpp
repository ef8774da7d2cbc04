// SPDX-License-Identifier: BSL-1.0

#include "server/python/truth.hpp"

#include "frozen/freezer.hpp"
#include "python/calendar.hpp"
#include "python/comparison.hpp"
#include "python/numpy_scalar.hpp"
#include "python/range.hpp"

namespace pickled {
namespace {

bool is_nonzero(const number& n) {
  return is_nan(n) || order(n, std::int64_t{0}) != 0;
}

bool truth(value_view v) {
  arena made;
  comparison run;
  const face f = face_of(v, &made);
  switch (f.what) {
    case behaviour::none: return false;
    case behaviour::number: return is_nonzero(*number_of(f.value));
    case behaviour::complex:
      return f.value.as_complex().real != 0 || f.value.as_complex().imag != 0;
    case behaviour::str: return !f.value.as_str().empty();
    case behaviour::bytes: return !f.value.as_bytes().empty();
    case behaviour::tuple:
    case behaviour::list:
    case behaviour::deque:
    case behaviour::array: return !run.items(f).empty();
    case behaviour::set: return f.value.size() != 0;
    case behaviour::dict:
    case behaviour::ordered_dict:
    case behaviour::counter:
    case behaviour::defaultdict: return !run.entries(f).empty();
    case behaviour::range: return read_range(f.value.as_instance())->size() != 0;
    case behaviour::timedelta: return *read_timedelta(f.value.as_instance()) != duration{};
    default: return true;
  }
}

}  // namespace

bool truth(const frozen& f) {
  if (f.is_none()) return false;
  if (const auto i = f.as_integer()) return *i != 0;
  if (const auto d = f.as_real()) return *d != 0;
  return truth(thaw(f));
}

}  // namespace pickled
