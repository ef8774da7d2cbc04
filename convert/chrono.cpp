// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/chrono.hpp"

#include "pickled/python/type_name.hpp"
#include "python/behaviour.hpp"
#include "python/calendar.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

PICKLED_BEGIN_NAMESPACE
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::microseconds;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr sys_days first_day = year(1) / 1 / 1;
constexpr sys_days last_day = year(9999) / 12 / 31;

value_view call_datetime(std::string_view name, std::span<const value_view> args,
                         value_builder& b) {
  return b.instance(instance_node::construction::reduce, b.global("datetime", name), b.tuple(args));
}

// Two bytes of the year, one of the month, one of the day.
std::array<std::byte, 4> date_bytes(const year_month_day& date) {
  const auto year_number = static_cast<unsigned>(static_cast<int>(date.year()));
  return {static_cast<std::byte>(year_number >> 8), static_cast<std::byte>(year_number),
          static_cast<std::byte>(static_cast<unsigned>(date.month())),
          static_cast<std::byte>(static_cast<unsigned>(date.day()))};
}

// The same, one byte each of hours, minutes and seconds, three of the microseconds.
std::array<std::byte, 10> datetime_bytes(microseconds since_epoch) {
  const auto day = floor<days>(since_epoch);
  const auto date = date_bytes(year_month_day(sys_days(day)));
  const std::chrono::hh_mm_ss time(since_epoch - day);
  const auto us = time.subseconds().count();
  return {date[0],
          date[1],
          date[2],
          date[3],
          static_cast<std::byte>(time.hours().count()),
          static_cast<std::byte>(time.minutes().count()),
          static_cast<std::byte>(time.seconds().count()),
          static_cast<std::byte>(us >> 16),
          static_cast<std::byte>(us >> 8),
          static_cast<std::byte>(us)};
}

}  // namespace

PICKLED_END_NAMESPACE

namespace pickled::inline v0::detail {

namespace {

// Of the right class may be what no constructor makes.
[[noreturn]] void refuse(std::string_view expected, value_view v) {
  if (type_name(v) == expected)
    throw conversion_error(expected, std::string(expected) + " made of other arguments");
  throw conversion_error(expected, v);
}

}  // namespace

void throw_not_exact() {
  throw conversion_error("a time that the C++ type and microseconds both hold exactly", "another");
}

value_view write_duration(microseconds from, value_builder& b) {
  const auto whole_days = floor<days>(from);
  const auto whole_seconds = floor<seconds>(from - whole_days);
  const value_view args[] = {value_view::integer(whole_days.count()),
                             value_view::integer(whole_seconds.count()),
                             value_view::integer((from - whole_days - whole_seconds).count())};
  return call_datetime("timedelta", args, b);
}

microseconds read_duration(value_view v) {
  if (face_of(v).behaves != behaviour::timedelta) refuse("datetime.timedelta", v);
  const auto read = read_timedelta(v.as_instance());
  const std::int64_t below_a_day = read->seconds * 1'000'000 + read->microseconds;
  std::int64_t total;
  if (__builtin_mul_overflow(read->days, microseconds(days(1)).count(), &total) ||
      __builtin_add_overflow(total, below_a_day, &total)) {
    throw_not_exact();
  }
  return microseconds(total);
}

value_view write_time(microseconds from, awareness how, value_builder& b) {
  const auto day = sys_days(floor<days>(from));
  if (day < first_day || day > last_day) {
    throw conversion_error("a year from 1 to 9999",
                           std::to_string(static_cast<int>(year_month_day(day).year())));
  }
  value_view args[2] = {b.bytes(datetime_bytes(from))};
  if (how == awareness::naive) return call_datetime("datetime", {args, 1}, b);
  const value_view offset = write_duration(microseconds(0), b);
  args[1] = call_datetime("timezone", {&offset, 1}, b);
  return call_datetime("datetime", args, b);
}

microseconds read_time(value_view v, awareness how) {
  if (face_of(v).behaves != behaviour::datetime) refuse("datetime.datetime", v);
  const instant when = instant_of(*read_datetime(v.as_instance()));
  constexpr std::string_view aware = "aware datetime.datetime";
  constexpr std::string_view naive = "naive datetime.datetime";
  const bool is_naive = when.awareness == instant::awareness::naive;
  if (is_naive != (how == awareness::naive)) {
    throw conversion_error(is_naive ? aware : naive, is_naive ? naive : aware);
  }
  if (when.awareness == instant::awareness::unknown) {
    throw conversion_error("datetime.datetime at a fixed offset from UTC",
                           "a time zone with rules");
  }
  return microseconds(when.microseconds) + first_day.time_since_epoch();
}

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

value_view to_value(const year_month_day& from, value_builder& b) {
  if (!from.ok() || sys_days(from) < first_day || sys_days(from) > last_day) {
    const bool is_day = from.ok();
    throw conversion_error("a day of the years 1 to 9999",
                           is_day ? "one of " + std::to_string(static_cast<int>(from.year()))
                                  : std::string("one that no month has"));
  }
  const value_view bytes = b.bytes(date_bytes(from));
  return call_datetime("date", {&bytes, 1}, b);
}

void from_value(value_view v, year_month_day& to) {
  if (detail::face_of(v).behaves != detail::behaviour::date) detail::refuse("datetime.date", v);
  const detail::moment date = *detail::read_date(v.as_instance());
  to = year_month_day(year(static_cast<int>(date.year)),
                      std::chrono::month(static_cast<unsigned>(date.month)),
                      std::chrono::day(static_cast<unsigned>(date.day)));
}

PICKLED_END_NAMESPACE
