// SPDX-License-Identifier: BSL-1.0

#include "server/python/truth.hpp"

#include "frozen/thaw.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/type_name.hpp"
#include "python/calendar.hpp"
#include "python/comparison.hpp"
#include "python/numpy_scalar.hpp"
#include "python/pandas.hpp"
#include "python/range.hpp"
#include "python/raw_array.hpp"

#include <fmt/format.h>

namespace pickled::inline v0::detail {
namespace {

bool is_nonzero(const number& n) {
  return is_nan(n) || order(n, std::int64_t{0}) != 0;
}

// A time of numpy's; NaT is true.
bool is_nonzero(const numpy_scalar& s) {
  return s.letter == 'M' || s.count() != 0;
}

// Arrays of more than one item, and pandas', have none.
bool truth_of_other(value_view v, arena& made) {
  if (pandas_class_of(v) != pandas_class::none) {
    throw python_error("ValueError",
                       fmt::format("The truth value of a {} is ambiguous. Use a.empty, a.bool(), "
                                   "a.item(), a.any() or a.all().",
                                   type_name(v)));
  }
  const auto array = read_raw_array(v);
  if (!array) return true;
  const std::size_t size = array->size();
  if (size > 1) {
    throw python_error("ValueError",
                       "The truth value of an array with more than one element is ambiguous. Use "
                       "a.any() or a.all()");
  }
  value_builder build(made);
  return size == 1 && truth(array->item(0, build));
}

}  // namespace

bool truth(value_view v) {
  arena made;
  comparison run;
  const face f = face_of(v, &made);
  switch (f.behaves) {
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
    case behaviour::numpy_time: return is_nonzero(*read_numpy_scalar(f.value.as_instance()));
    case behaviour::other: return truth_of_other(v, made);
    default: return true;
  }
}

bool truth(const frozen& f) {
  if (f.is_none()) return false;
  if (const auto i = f.as_integer()) return *i != 0;
  if (const auto d = f.as_real()) return *d != 0;
  return truth(value_argument(thaw(f)));
}

}  // namespace pickled::inline v0::detail
