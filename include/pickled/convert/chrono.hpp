// SPDX-License-Identifier: BSL-1.0

// Conversions of points in time, durations and dates.
//
//   sys_time (system_clock::time_point)   aware datetime, in UTC; read of any fixed offset from UTC
//   local_time                            naive datetime
//   duration                              timedelta
//   year_month_day                        date
//
// Python counts microseconds: what is finer is rounded to them. What the C++ type cannot hold
// exactly (half a second in std::chrono::seconds) is an error, and so is a datetime of a time zone
// with rules, such as ZoneInfo("Europe/Berlin"), whose offset only Python knows.

#ifndef PICKLED_CONVERT_CHRONO_HPP
#define PICKLED_CONVERT_CHRONO_HPP

#include "pickled/convert/core.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <ratio>
#include <type_traits>

PICKLED_BEGIN_NAMESPACE

namespace detail {

enum class awareness : bool { naive, aware };

value_view write_duration(std::chrono::microseconds from, value_builder& b);
std::chrono::microseconds read_duration(value_view v);

// Since the epoch: of UTC if aware.
value_view write_time(std::chrono::microseconds from, awareness how, value_builder& b);
std::chrono::microseconds read_time(value_view v, awareness how);

[[noreturn]] void throw_not_exact();

template <class Duration>
std::chrono::microseconds to_microseconds(Duration from) {
  using rep = typename Duration::rep;
  using scale = std::ratio_divide<typename Duration::period, std::micro>;
  if constexpr (std::chrono::treat_as_floating_point_v<rep>) {
    using real = std::chrono::duration<double, std::micro>;
    const real exact = std::chrono::duration_cast<real>(from);
    if (!(exact.count() > -0x1p63 && exact.count() < 0x1p63)) throw_not_exact();
    return std::chrono::round<std::chrono::microseconds>(exact);
  } else if constexpr (scale::den != 1) {
    return std::chrono::round<std::chrono::microseconds>(from);
  } else {
    std::int64_t count;
    if (__builtin_mul_overflow(from.count(), scale::num, &count)) throw_not_exact();
    return std::chrono::microseconds(count);
  }
}

template <class Duration>
Duration from_microseconds(std::chrono::microseconds from) {
  using rep = typename Duration::rep;
  using scale = std::ratio_divide<std::micro, typename Duration::period>;
  if constexpr (std::chrono::treat_as_floating_point_v<rep>) {
    return std::chrono::duration_cast<Duration>(from);
  } else {
    std::int64_t scaled;
    rep count;
    if (__builtin_mul_overflow(from.count(), scale::num, &scaled) || scaled % scale::den != 0 ||
        __builtin_add_overflow(scaled / scale::den, 0, &count)) {
      throw_not_exact();
    }
    return Duration(count);
  }
}

}  // namespace detail

template <class Rep, class Period>
value_view to_value(const std::chrono::duration<Rep, Period>& from, value_builder& b) {
  return detail::write_duration(detail::to_microseconds(from), b);
}
template <class Rep, class Period>
void from_value(value_view v, std::chrono::duration<Rep, Period>& to) {
  to = detail::from_microseconds<std::chrono::duration<Rep, Period>>(detail::read_duration(v));
}

template <class Clock>
concept calendar_clock =
    std::same_as<Clock, std::chrono::system_clock> || std::same_as<Clock, std::chrono::local_t>;

namespace detail {

template <calendar_clock Clock>
inline constexpr awareness awareness_of =
    std::same_as<Clock, std::chrono::local_t> ? awareness::naive : awareness::aware;

}  // namespace detail

template <calendar_clock Clock, class Duration>
value_view to_value(const std::chrono::time_point<Clock, Duration>& from, value_builder& b) {
  return detail::write_time(detail::to_microseconds(from.time_since_epoch()),
                            detail::awareness_of<Clock>, b);
}
template <calendar_clock Clock, class Duration>
void from_value(value_view v, std::chrono::time_point<Clock, Duration>& to) {
  to = std::chrono::time_point<Clock, Duration>(
      detail::from_microseconds<Duration>(detail::read_time(v, detail::awareness_of<Clock>)));
}

value_view to_value(const std::chrono::year_month_day& from, value_builder& b);
void from_value(value_view v, std::chrono::year_month_day& to);

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_CHRONO_HPP
