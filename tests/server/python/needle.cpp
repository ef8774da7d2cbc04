// SPDX-License-Identifier: BSL-1.0

#include "server/python/needle.hpp"

#include "frozen/freezer.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

using answer = needle::answer;

answer compare(const frozen& a, const frozen& b) {
  return needle(a).compare_bytes(b);
}

}  // namespace

TEST_CASE("bytes tell leaves apart", "[server]") {
  const frozen one = frozen::integer(1);
  CHECK(compare(one, one) == answer::equal);
  CHECK(compare(one, frozen::integer(2)) == answer::different);
  CHECK(compare(one, frozen::boolean(true)) == answer::equal);
  CHECK(compare(one, frozen::real(1.0)) == answer::equal);
  CHECK(compare(one, frozen::real(1.5)) == answer::different);
  CHECK(compare(one, frozen::str("1")) == answer::different);
  CHECK(compare(frozen::str("1"), frozen::bytes(as_bytes("1"))) == answer::different);
  CHECK(compare(frozen::str("a"), frozen::str("a")) == answer::equal);
  CHECK(compare(frozen::none(), frozen::boolean(false)) == answer::different);
  CHECK(compare(frozen::real(0.0), frozen::real(-0.0)) == answer::equal);
  const frozen nan = frozen::real(std::numeric_limits<double>::quiet_NaN());
  CHECK(compare(nan, nan) == answer::different);
}

TEST_CASE("an int that a double cannot hold has to be compared exactly", "[server]") {
  const std::int64_t limit = std::int64_t{1} << 53;
  CHECK(compare(frozen::integer(limit), frozen::real(0x1p53)) == answer::equal);
  const frozen beyond = frozen::integer(limit + 1);
  CHECK(compare(beyond, frozen::real(0x1p53)) == answer::unknown);
  CHECK_FALSE(needle(beyond).equals(frozen::real(0x1p53)));
}

TEST_CASE("a block that stands in many slots is looked into once", "[server]") {
  arena where;
  value_builder build(where);
  // Not equal by their bytes: the first item is an int here, a float there.
  const auto numbers = [&build](value_view first) {
    std::vector<value_view> items(100'000, value_view::integer(7));
    items.front() = first;
    return freeze(build.list(items));
  };
  const frozen sought = numbers(value_view::integer(1));
  const std::vector<frozen> slots(20'000, numbers(value_view::real(1)));
  needle n(sought);
  for (const frozen& slot : slots) {
    REQUIRE(n.compare_bytes(slot) == answer::unknown);
    REQUIRE(n.equals(slot));
  }
}
