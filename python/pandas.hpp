// SPDX-License-Identifier: BSL-1.0

// What pandas' Series, Index and DataFrame, and the arrays in them, yield to a for loop, out of
// their pickles.
//
// Known are arrays of numpy's numbers and bools, of objects, dates, durations, categories, strings,
// of what may be missing ("Int64" and kin) and sparse ones; an Index of these, of a range or of
// intervals, and a MultiIndex.

#ifndef PICKLED_PYTHON_PANDAS_HPP
#define PICKLED_PYTHON_PANDAS_HPP

#include "pickled/value/big_integer.hpp"
#include "pickled/value/value.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

enum class pandas_class : std::uint8_t { none, series, index, data_frame };
pandas_class pandas_class_of(value_view v) noexcept;

// The items of a Series, Index or array of pandas', the column names of a DataFrame, as Python's
// own or pandas' scalars; some are made in `where`. nullopt for what is not known, and for anything
// else.
std::optional<std::vector<value_view>> pandas_items(value_view v, arena& where);

// The keys and values of a Series, as dict() takes them: numbers as numpy's.
struct series_pairs {
  std::vector<value_view> keys;
  std::vector<value_view> values;
};
std::optional<series_pairs> read_series_pairs(value_view v, arena& where);

// A Timestamp, or a Timedelta, in nanoseconds; of a Timestamp with a time zone in UTC.
struct pandas_time {
  bool is_timestamp;
  bool is_aware;
  big_integer nanoseconds;

  bool operator==(const pandas_time&) const = default;
};
std::optional<pandas_time> read_pandas_time(value_view v);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_PANDAS_HPP
