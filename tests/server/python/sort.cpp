// SPDX-License-Identifier: BSL-1.0

#include "server/python/sort.hpp"

#include "frozen/freezer.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <new>
#include <string_view>
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
  sort_slots(slots, {}, SIZE_MAX);
  CHECK(slots[9'999].identity() == smaller.identity());
  CHECK(slots[10'000].identity() == larger.identity());
}

TEST_CASE("a key that is a text without end is an error", "[server]") {
  arena where;
  value_builder build(where);
  value_view bomb = value_view::integer(1);
  for (int i = 0; i != 40; ++i)
    bomb = build.list(std::array{bomb, bomb});
  std::vector<frozen> slots{freeze(bomb), freeze(bomb)};
  for (const std::string_view function : {"str", "repr"}) {
    const sort_order order{sort_key(freeze(build.global("builtins", function)))};
    CHECK_THROWS_WITH(sort_slots(slots, order, SIZE_MAX), Catch::Contains("a text is longer than"));
  }
}

TEST_CASE("many keys may not take far more than what is sorted", "[server]") {
  arena where;
  value_builder build(where);
  std::vector<frozen> slots;
  for (std::int64_t n = 0; n != 100; ++n) {
    value_view chain = value_view::integer(n);
    for (int i = 0; i != 18; ++i)
      chain = build.list(std::array{chain, chain});
    slots.push_back(freeze(chain));  // a text of a million characters
  }
  const sort_order order{sort_key(freeze(build.global("builtins", "str")))};
  CHECK_THROWS_AS(sort_slots(slots, order, SIZE_MAX), std::bad_alloc);
  slots.resize(10);
  CHECK_NOTHROW(sort_slots(slots, order, SIZE_MAX));
  CHECK_THROWS_AS(sort_slots(slots, order, 1000), std::bad_alloc);
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
  sort_slots(slots, {}, SIZE_MAX);
  CHECK(slots.back().identity() == last.identity());
}
