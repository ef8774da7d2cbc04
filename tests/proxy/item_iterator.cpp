// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/item_iterator.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <iterator>
#include <vector>

using namespace pickled;
using ints = std::vector<int>;

static_assert(std::input_iterator<item_iterator<int>>);
static_assert(std::sentinel_for<std::default_sentinel_t, item_iterator<int>>);

namespace {

ints all_of(item_iterator<int> i) {
  ints seen;
  for (; i != std::default_sentinel; ++i)
    seen.push_back(*i);
  return seen;
}

}  // namespace

TEST_CASE("items are read as they are needed, until there are none", "[proxy]") {
  std::vector<ints> chunks{{1, 2}, {3}, {}};
  std::size_t reads = 0;
  item_iterator<int> i([&] { return chunks.at(reads++); });
  CHECK(reads == 1);
  CHECK(*i == 1);
  ++i;
  CHECK(reads == 1);
  CHECK(all_of(i) == ints{2, 3});
  CHECK(reads == 3);
}

TEST_CASE("a copy of an iterator is at the same place", "[proxy]") {
  auto i = iterate_snapshot(ints{1, 2, 3});
  const auto copy = i;
  ++i;
  CHECK(*copy == 2);
  CHECK(iterate_snapshot(ints{}) == std::default_sentinel);
  *i = 5;
  CHECK(all_of(i) == ints{5, 3});
}
