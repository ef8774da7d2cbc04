// SPDX-License-Identifier: BSL-1.0

// The datetime module's classes out of their pickles: date, datetime, time, timedelta, timezone.

#ifndef PICKLED_PYTHON_CALENDAR_HPP
#define PICKLED_PYTHON_CALENDAR_HPP

#include "pickled/value/value.hpp"
#include "python/behaviour.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace pickled::inline v0::detail {

// A timedelta in its normal form: only the days may be negative.
struct duration {
  std::int64_t days = 0;
  std::int64_t seconds = 0;       // 0 … 86399
  std::int64_t microseconds = 0;  // 0 … 999999

  friend auto operator<=>(const duration&, const duration&) = default;
};

// The fields of a date, datetime or time; those that the class has not are zero.
struct moment {
  std::int64_t year = 0;
  std::int64_t month = 0;
  std::int64_t day = 0;
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  std::int64_t microsecond = 0;
  bool fold = false;
  value_view zone;  // None where it is naive

  // Microseconds since 0001-01-01 as the wall clock shows them; of a time since midnight.
  std::int64_t wall_clock() const noexcept;
};

// Each of these gives nullopt where Python's constructor would raise.
std::optional<moment> read_date(const instance_node& i);
std::optional<moment> read_datetime(const instance_node& i);
std::optional<moment> read_time(const instance_node& i);
std::optional<duration> read_timedelta(const instance_node& i);
// The offset of a timezone.
std::optional<duration> read_timezone(const instance_node& i);
// A value whose behaviour is date, datetime or time.
moment read_moment(const face& f);

// Where a moment stands among others of its class.
struct instant {
  enum class awareness : std::uint8_t {
    naive,
    aware,
    unknown,  // only Python knows the offset of its zone
  };
  awareness awareness;
  std::int64_t microseconds;  // in UTC where it is aware, else as the wall clock shows them
};
instant instant_of(const moment& m);

// Microseconds east of UTC; nullopt where only Python knows (ZoneInfo, other tzinfo classes).
// ZoneInfo of UTC itself is known.
std::optional<std::int64_t> utc_offset(value_view zone);

// The constructor's arguments as repr() prints them, without the zone.
std::string date_text(const moment& m);
std::string datetime_text(const moment& m);  // "2024, 1, 31, 0, 0"
std::string time_text(const moment& m);
std::string timedelta_text(const duration& d);  // "days=-1, seconds=3", "0"

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_CALENDAR_HPP
