// SPDX-License-Identifier: BSL-1.0

#include "server/python/sort.hpp"

#include "frozen/freezer.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("a block that stands in many slots is thawed and compared once", "[server]") {
  arena where;
  value_builder build(where);
  const std::vector<value_view> items(100'000, value_view::real(0.5));
  const frozen smaller = freeze(build.list(items));
  const frozen larger = freeze(build.list(std::array{value_view::integer(1)}));
  std::vector<frozen> slots;
  for (int i = 0; i != 10'000; ++i) {
    slots.push_back(larger);
    slots.push_back(smaller);
  }
  sort_slots(slots, {});
  CHECK(slots[9'999].identity() == smaller.identity());
  CHECK(slots[10'000].identity() == larger.identity());
}

TEST_CASE("equal parts of many values are compared once", "[server]") {
  arena where;
  value_builder build(where);
  // x = [x, x] forty times over, made anew for each slot.
  std::vector<frozen> slots;
  for (std::int64_t n = 200; n != 0; --n) {
    value_view chain = value_view::integer(1);
    for (int i = 0; i != 40; ++i)
      chain = build.list(std::array{chain, chain});
    slots.push_back(freeze(build.list(std::array{chain, value_view::integer(n)})));
  }
  const frozen last = slots.front();
  sort_slots(slots, {});
  CHECK(slots.back().identity() == last.identity());
}
