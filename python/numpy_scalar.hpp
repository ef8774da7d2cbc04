// SPDX-License-Identifier: BSL-1.0

// numpy's scalars out of their pickles: scalar(dtype, b'...').
//
// Numbers, texts and times are known; longdouble and clongdouble, structured ones (void) and
// objects are not.

#ifndef PICKLED_PYTHON_NUMPY_SCALAR_HPP
#define PICKLED_PYTHON_NUMPY_SCALAR_HPP

#include "pickled/python/element_type.hpp"
#include "pickled/value/big_integer.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

struct numpy_scalar {
  char letter;  // numpy's: b, i, u, f, c, U, S, M (datetime64), m (timedelta64)
  bytes_view content;
  bool swapped;
  bool numpy_2;               // by the name of its module
  std::string_view unit;      // of a time: "D", "ns"; empty for one without
  std::int64_t multiple = 1;  // of its unit

  bool is_time() const noexcept { return letter == 'M' || letter == 'm'; }
  bool is_number() const noexcept { return !is_time() && letter != 'U' && letter != 'S'; }
  // Precondition: is_number().
  element_type type() const noexcept {
    return {letter, static_cast<std::uint8_t>(content.size()), swapped};
  }
  // The number behind a time. Precondition: is_time().
  std::int64_t count() const noexcept;
  // "numpy.int64", "numpy.str_".
  std::string_view type_name() const noexcept;
};

// nullopt where the instance is none, or one that is not known.
std::optional<numpy_scalar> read_numpy_scalar(const instance_node& i) noexcept;

// What it is to Python: a bool, int, float, complex, str or bytes; nullopt for a time. Those that
// have no room in a value_view are made in `made`, and nullopt where there is none.
std::optional<value_view> plain_value(const numpy_scalar& s, arena* made);

// Where a time stands among others.
struct numpy_time {
  enum class scale : std::uint8_t {
    units,  // of no known length
    months,
    attoseconds,
  };
  scale scale;
  big_integer count;

  friend bool operator==(const numpy_time&, const numpy_time&) = default;
};
// nullopt for NaT, which equals nothing. Precondition: is_time().
std::optional<numpy_time> time_of(const numpy_scalar& s);

// What repr() prints: "1" by numpy 1, "np.int64(1)" by numpy 2.
std::string repr(const numpy_scalar& s, std::size_t limit);
// What str() prints of it. Precondition: is_number().
std::string number_text(const numpy_scalar& s);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_NUMPY_SCALAR_HPP
