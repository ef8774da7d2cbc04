// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/chrono.hpp"

#include "pickled/convert/convert.hpp"
#include "tests/convert/recorded.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono;
using Catch::Message;

namespace {

template <class T>
void round_trips(T original) {
  CHECK(to_value(original).template get<T>() == original);
}

constexpr auto leap_day = year(2024) / 2 / 29;
constexpr auto afternoon = hours(13) + minutes(14) + seconds(15);

}  // namespace

TEST_CASE("times come back as they went", "[pickle]") {
  round_trips(sys_seconds(sys_days(leap_day)) + afternoon);
  round_trips(sys_days(year(1) / 1 / 1) + microseconds(1));
  round_trips(sys_days(year(9999) / 12 / 31) + days(1) - microseconds(1));
  round_trips(local_seconds(local_days(leap_day)) + afternoon);
  round_trips(milliseconds(-1));
  round_trips(hours(1000000));
  round_trips(duration<double>(0.5));
  round_trips(leap_day);
}

TEST_CASE("an aware datetime is a time in UTC, a naive one a local time", "[pickle]") {
  const auto exact = afternoon + microseconds(123456);
  for (const value& v : recorded("aware")) {
    CHECK(v.get<sys_time<microseconds>>() == sys_days(leap_day) + exact);
    CHECK(v.get<system_clock::time_point>() == sys_days(leap_day) + exact);
    CHECK_THROWS_MATCHES(
        v.get<local_time<microseconds>>(), conversion_error,
        Message("$: expected naive datetime.datetime, got aware datetime.datetime"));
  }
  for (const value& v : recorded("east"))
    CHECK(v.get<sys_seconds>() == sys_days(leap_day) + afternoon - hours(5) - minutes(30));
  for (const value& v : recorded("naive")) {
    CHECK(v.get<local_time<microseconds>>() == local_days(leap_day) + exact);
    CHECK_THROWS_MATCHES(
        v.get<sys_time<microseconds>>(), conversion_error,
        Message("$: expected aware datetime.datetime, got naive datetime.datetime"));
  }
  for (const value& v : recorded("fold"))
    CHECK(v.get<local_seconds>() == local_days(year(2024) / 10 / 27) + hours(2) + minutes(30));
  for (const value& v : recorded("before_epoch"))
    CHECK(v.get<sys_seconds>() == sys_days(year(1) / 1 / 1));
}

TEST_CASE("dates and timedeltas are read", "[pickle]") {
  for (const value& v : recorded("date"))
    CHECK(v.get<year_month_day>() == leap_day);
  for (const value& v : recorded("timedelta"))
    CHECK(v.get<microseconds>() == days(-1) + hours(1) + microseconds(5));
}

TEST_CASE("what is no time is named as Python does it", "[pickle]") {
  const value made_wrongly = loads(std::string_view("cdatetime\ndatetime\n(I1\ntR."));
  CHECK_THROWS_MATCHES(
      made_wrongly.get<sys_seconds>(), conversion_error,
      Message("$: expected datetime.datetime, got datetime.datetime made of other arguments"));
  for (const value& v : recorded("date"))
    CHECK_THROWS_MATCHES(v.get<sys_seconds>(), conversion_error,
                         Message("$: expected datetime.datetime, got datetime.date"));
  for (const value& v : recorded("naive")) {
    CHECK_THROWS_MATCHES(v.get<year_month_day>(), conversion_error,
                         Message("$: expected datetime.date, got datetime.datetime"));
    CHECK_THROWS_MATCHES(v.get<seconds>(), conversion_error,
                         Message("$: expected datetime.timedelta, got datetime.datetime"));
  }
  CHECK_THROWS_MATCHES(to_value(sys_days(year(10000) / 1 / 1)), conversion_error,
                       Message("$: expected a year from 1 to 9999, got 10000"));
}

TEST_CASE("a time that the C++ type cannot hold exactly is refused", "[pickle]") {
  const value half = to_value(milliseconds(500));
  CHECK_THROWS_AS(half.get<seconds>(), conversion_error);
  CHECK(half.get<duration<double>>() == duration<double>(0.5));
  CHECK_THROWS_AS((to_value(hours(1)).get<duration<std::int8_t>>()), conversion_error);
  for (const value& v : recorded("longest_timedelta"))
    CHECK_THROWS_AS(v.get<nanoseconds>(), conversion_error);
  CHECK_THROWS_AS(to_value(hours::max()), conversion_error);
  CHECK_THROWS_AS(to_value(sys_days(year(10000) / 1 / 1)), conversion_error);
  CHECK_THROWS_AS(to_value(sys_days(year(0) / 12 / 31)), conversion_error);
  CHECK_THROWS_AS(to_value(year(2023) / 2 / 29), conversion_error);
}

TEST_CASE("what is finer than a microsecond is rounded", "[pickle]") {
  CHECK(to_value(nanoseconds(1500)).get<microseconds>() == microseconds(2));
  CHECK(to_value(nanoseconds(2500)).get<microseconds>() == microseconds(2));
}

TEST_CASE("times that Python could not have made are refused", "[pickle]") {
  const auto call = [](std::string_view name, auto argument) {
    auto owner = std::make_shared<arena>();
    value_builder b(*owner);
    const value_view view = to_value(argument, b);
    return value(b.instance(instance_node::construction::reduce, b.global("datetime", name),
                            b.tuple({&view, 1})),
                 owner);
  };
  const auto bytes = [](std::string_view text) { return as_bytes(text); };
  using namespace std::string_view_literals;
  CHECK_THROWS_AS(call("datetime", bytes("\x07\xe8\x0d\x01\0\0\0\0\0\0"sv)).get<local_seconds>(),
                  conversion_error);
  CHECK_THROWS_AS(call("datetime", bytes("\x07\xe8"sv)).get<local_seconds>(), conversion_error);
  CHECK_THROWS_AS(call("datetime", 5).get<local_seconds>(), conversion_error);
  CHECK_THROWS_AS(call("date", bytes("\x07\xe7\x02\x1d"sv)).get<year_month_day>(),
                  conversion_error);
  CHECK_THROWS_AS(call("timedelta", "1").get<seconds>(), conversion_error);
  CHECK_THROWS_AS(to_value(5).get<seconds>(), conversion_error);
}
