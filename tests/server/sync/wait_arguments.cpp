// SPDX-License-Identifier: BSL-1.0

// What sync_calls.cpp cannot ask CPython: sizes of waits, and classes of the caller's own.

#include "server/sync/wait_arguments.hpp"

#include "pickled/frozen/splicer.hpp"
#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace pickled;
using namespace pickled::detail;

namespace {

// An instance of `class Own(int)`, or of float.
frozen own(frozen base) {
  splicer out;
  out.global("__main__", "Own").begin_tuple().frozen(base).end_tuple().newobj();
  return std::move(out).freeze();
}

using timeouts = std::optional<double> (*)(const frozen*);

}  // namespace

TEST_CASE("a timeout is a number of seconds, or none", "[server]") {
  for (const timeouts read : {&wait_timeout, &endtime_timeout, &queue_timeout}) {
    const frozen none;
    const frozen half = frozen::real(0.5);
    const frozen two = frozen::integer(2);
    const frozen yes = frozen::boolean(true);
    const frozen mine = own(frozen::real(1.5));
    CHECK(read(nullptr) == std::nullopt);
    CHECK(read(&none) == std::nullopt);
    CHECK(read(&half) == 0.5);
    CHECK(read(&two) == 2);
    CHECK(read(&yes) == 1);
    CHECK(read(&mine) == 1.5);
  }
}

TEST_CASE("a wait until NaN has no end where CPython compares it with the time", "[server]") {
  const frozen nan = frozen::real(std::numeric_limits<double>::quiet_NaN());
  CHECK(wait_timeout(&nan) == 0);
  CHECK(endtime_timeout(&nan) == std::nullopt);
  CHECK(queue_timeout(&nan) == std::nullopt);
}

TEST_CASE("acquire takes -1 for no timeout, as near as a nanosecond tells", "[server]") {
  struct {
    double timeout;
    std::optional<double> expected;
  } const rows[] = {{-1, std::nullopt}, {-0.9999999999, std::nullopt}, {0, 0}, {2.5, 2.5}};
  for (const auto& row : rows) {
    arguments args({frozen::boolean(true), frozen::real(row.timeout)});
    const acquire_arguments how = bind_acquire(args);
    CHECK(how.blocking);
    CHECK(how.timeout == row.expected);
  }
  arguments below({frozen::boolean(true), frozen::real(-1.0000000001)});
  CHECK_THROWS_WITH(bind_acquire(below), "ValueError: timeout value must be a non-negative number");
}

TEST_CASE("a count is a whole number, cut where it could overflow", "[server]") {
  constexpr std::int64_t most = (std::int64_t{1} << 62) - 1;
  CHECK(count_argument(frozen::integer(3)) == 3);
  CHECK(count_argument(frozen::boolean(true)) == 1);
  CHECK(count_argument(frozen::real(2.0)) == 2);
  CHECK(count_argument(own(frozen::integer(7))) == 7);
  CHECK(count_argument(frozen::real(std::numeric_limits<double>::infinity())) == most);
  CHECK(count_argument(frozen::integer(std::numeric_limits<std::int64_t>::min())) == -most);
  CHECK_THROWS_WITH(count_argument(frozen::real(1.5)),
                    "TypeError: 'float' object cannot be interpreted as an integer");
}

TEST_CASE("instances are true unless they are numbers that are not", "[server]") {
  CHECK(truth(own(frozen::integer(1))));
  CHECK_FALSE(truth(own(frozen::integer(0))));
  splicer out;
  out.global("builtins", "len");
  CHECK(truth(std::move(out).freeze()));
}
