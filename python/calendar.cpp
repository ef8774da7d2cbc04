// SPDX-License-Identifier: BSL-1.0

#include "python/calendar.hpp"

#include <fmt/format.h>

#include <array>

namespace pickled::inline v0::detail {
namespace {

constexpr std::int64_t microseconds_a_day = 86'400'000'000;

bool is_leap(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

std::int64_t days_in(std::int64_t year, std::int64_t month) {
  constexpr std::array<std::int64_t, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap(year) ? 1 : 0);
}

// The packed bytes of an instance, if it was made of exactly `size` of them and at most a zone.
bytes_view packed(const instance_node& i, std::size_t size) {
  const auto args = i.args.as_items();
  if (args.empty() || args.size() > 2 || !args[0].is(kind::bytes)) return {};
  return args[0].size() == size ? args[0].as_bytes() : bytes_view();
}

value_view zone_of(const instance_node& i) {
  const auto args = i.args.as_items();
  return args.size() == 2 ? args[1] : value_view::none();
}

std::int64_t at(bytes_view bytes, std::size_t index) {
  return std::to_integer<std::int64_t>(bytes[index]);
}

bool unpack_date(bytes_view b, moment& m) {
  m.year = at(b, 0) * 256 + at(b, 1);
  m.month = at(b, 2) & 0x7f;
  m.day = at(b, 3);
  return m.year >= 1 && m.year <= 9999 && m.month >= 1 && m.month <= 12 && m.day >= 1 &&
         m.day <= days_in(m.year, m.month);
}

bool unpack_time(bytes_view b, moment& m) {
  m.hour = at(b, 0) & 0x7f;
  m.minute = at(b, 1);
  m.second = at(b, 2);
  m.microsecond = (at(b, 3) * 256 + at(b, 4)) * 256 + at(b, 5);
  return m.hour < 24 && m.minute < 60 && m.second < 60 && m.microsecond < 1'000'000;
}

// The value of the `index`th argument where it is an int small enough to calculate with.
std::optional<std::int64_t> small_int(std::span<const value_view> args, std::size_t index) {
  constexpr std::int64_t bound = std::int64_t{1} << 52;
  if (index >= args.size()) return 0;
  if (!args[index].is(kind::integer)) return std::nullopt;
  const std::int64_t i = args[index].as_integer();
  if (i < -bound || i > bound) return std::nullopt;
  return i;
}

// Floor division that hands the whole part on.
std::int64_t carry(std::int64_t& low, std::int64_t unit) {
  std::int64_t whole = low / unit;
  low %= unit;
  if (low < 0) {
    low += unit;
    --whole;
  }
  return whole;
}

std::string clock_text(const moment& m) {
  std::string text = fmt::format("{}, {}", m.hour, m.minute);
  if (m.second != 0 || m.microsecond != 0) text += fmt::format(", {}", m.second);
  if (m.microsecond != 0) text += fmt::format(", {}", m.microsecond);
  return text;
}

}  // namespace

std::int64_t moment::wall_clock() const noexcept {
  std::int64_t days = 0;
  if (year != 0) {
    const std::int64_t before = year - 1;
    days = before * 365 + before / 4 - before / 100 + before / 400 + day - 1;
    for (std::int64_t m = 1; m < month; ++m)
      days += days_in(year, m);
  }
  const std::int64_t seconds = (hour * 60 + minute) * 60 + second;
  return days * microseconds_a_day + seconds * 1'000'000 + microsecond;
}

std::optional<moment> read_date(const instance_node& i) {
  moment m;
  const bytes_view b = packed(i, 4);
  if (b.empty() || i.args.size() != 1 || !unpack_date(b, m)) return std::nullopt;
  return m;
}

std::optional<moment> read_datetime(const instance_node& i) {
  moment m;
  const bytes_view b = packed(i, 10);
  if (b.empty() || !unpack_date(b, m) || !unpack_time(b.subspan(4), m)) return std::nullopt;
  m.fold = (at(b, 2) & 0x80) != 0;
  m.zone = zone_of(i);
  return m;
}

std::optional<moment> read_time(const instance_node& i) {
  moment m;
  const bytes_view b = packed(i, 6);
  if (b.empty() || !unpack_time(b, m)) return std::nullopt;
  m.fold = (at(b, 0) & 0x80) != 0;
  m.zone = zone_of(i);
  return m;
}

std::optional<duration> read_timedelta(const instance_node& i) {
  const auto args = i.args.as_items();
  const auto days = small_int(args, 0);
  const auto seconds = small_int(args, 1);
  const auto microseconds = small_int(args, 2);
  if (!days || !seconds || !microseconds || args.size() > 3) return std::nullopt;
  duration d{*days, *seconds, *microseconds};
  d.seconds += carry(d.microseconds, 1'000'000);
  d.days += carry(d.seconds, 86'400);
  if (d.days < -999'999'999 || d.days > 999'999'999) return std::nullopt;
  return d;
}

std::optional<duration> read_timezone(const instance_node& i) {
  const auto args = i.args.as_items();
  if (args.empty() || args.size() > 2 || (args.size() == 2 && !args[1].is(kind::str)) ||
      !args[0].is(kind::instance) || face_of(args[0]).behaves != behaviour::timedelta) {
    return std::nullopt;
  }
  const auto offset = read_timedelta(args[0].as_instance());
  const bool within_a_day = offset->days == 0 || (*offset > duration{-1, 0, 0} && offset->days < 0);
  if (!within_a_day) return std::nullopt;
  return offset;
}

std::optional<std::int64_t> utc_offset(value_view zone) {
  const face f = face_of(zone);
  if (f.behaves == behaviour::zone_info) {
    const std::string_view key = zone_key(zone);
    if (key == "UTC" || key == "Etc/UTC") return 0;
  }
  if (f.behaves != behaviour::timezone) return std::nullopt;
  const auto offset = read_timezone(zone.as_instance());
  return offset->days * microseconds_a_day + offset->seconds * 1'000'000 + offset->microseconds;
}

moment read_moment(const face& f) {
  const instance_node& i = f.value.as_instance();
  return f.behaves == behaviour::date       ? *read_date(i)
         : f.behaves == behaviour::datetime ? *read_datetime(i)
                                            : *read_time(i);
}

instant instant_of(const moment& m) {
  // A ZoneInfo knows no offset of a time without a date, so that such a time counts as naive.
  const bool has_date = m.year != 0;
  if (m.zone.is_none() || (!has_date && face_of(m.zone).behaves == behaviour::zone_info)) {
    return {instant::awareness::naive, m.wall_clock()};
  }
  const auto offset = utc_offset(m.zone);
  if (!offset) return {instant::awareness::unknown, m.wall_clock()};
  return {instant::awareness::aware, m.wall_clock() - *offset};
}

std::string date_text(const moment& m) {
  return fmt::format("{}, {}, {}", m.year, m.month, m.day);
}
std::string datetime_text(const moment& m) {
  return date_text(m) + ", " + clock_text(m);
}
std::string time_text(const moment& m) {
  return clock_text(m);
}

std::string timedelta_text(const duration& d) {
  std::string text;
  const auto add = [&text](std::string_view name, std::int64_t number) {
    if (number == 0) return;
    if (!text.empty()) text += ", ";
    text += fmt::format("{}={}", name, number);
  };
  add("days", d.days);
  add("seconds", d.seconds);
  add("microseconds", d.microseconds);
  return text.empty() ? "0" : text;
}

}  // namespace pickled::inline v0::detail
