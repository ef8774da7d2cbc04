// SPDX-License-Identifier: BSL-1.0

#include "server/python/subscript.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

std::vector<std::size_t> places(slice_bounds bounds, std::size_t size) {
  const slice_range range = bounds.adjusted(size);
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < range.count; ++i)
    result.push_back(range.place(i));
  return result;
}

using numbers = std::vector<std::size_t>;

}  // namespace

TEST_CASE("slices are clipped to the sequence as by PySlice_AdjustIndices", "[server]") {
  CHECK(places({0, most, 1}, 3) == numbers{0, 1, 2});
  CHECK(places({most, least, -1}, 3) == numbers{2, 1, 0});
  CHECK(places({-2, most, 1}, 3) == numbers{1, 2});
  CHECK(places({1, -1, 1}, 4) == numbers{1, 2});
  CHECK(places({0, most, most}, 3) == numbers{0});
  CHECK(places({most, least, -most}, 3) == numbers{2});
  CHECK(places({2, 1, 1}, 3).empty());
  CHECK(places({0, most, 1}, 0).empty());
  CHECK(places({most, least, -1}, 0).empty());
  CHECK(places({5, 0, -2}, 4) == numbers{3, 1});
}

TEST_CASE("indices count from the end where they are negative", "[server]") {
  CHECK(place_of(0, 3) == 0U);
  CHECK(place_of(-1, 3) == 2U);
  CHECK(place_of(-3, 3) == 0U);
  CHECK_FALSE(place_of(-4, 3));
  CHECK_FALSE(place_of(3, 3));
  CHECK_FALSE(place_of(0, 0));
  CHECK(clamped_place(-9, 3) == 0U);
  CHECK(clamped_place(-1, 3) == 2U);
  CHECK(clamped_place(9, 3) == 3U);
}
