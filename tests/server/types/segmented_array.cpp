// SPDX-License-Identifier: BSL-1.0

#include "server/types/segmented_array.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("elements stay where they are while an array grows and shrinks", "[server]") {
  segmented_array<std::string> array;
  CHECK(array.empty());
  std::vector<const std::string*> places;
  for (int i = 0; i != 5000; ++i)
    places.push_back(&array.push_back(std::to_string(i)));
  REQUIRE(array.size() == 5000);
  for (std::size_t i = 0; i != places.size(); ++i) {
    CHECK(&array[i] == places[i]);
    CHECK(array[i] == std::to_string(i));
  }
  while (array.size() != 3)
    array.pop_back();
  CHECK(&array.back() == places[2]);
  array.push_back("again");
  CHECK(array.back() == "again");
  CHECK(array[2] == "2");
}

TEST_CASE("an array that was moved from is empty", "[server]") {
  segmented_array<std::unique_ptr<int>> array;
  array.reserve(100);
  for (int i = 0; i != 100; ++i)
    array.push_back(std::make_unique<int>(i));
  segmented_array<std::unique_ptr<int>> moved = std::move(array);
  CHECK(array.empty());
  CHECK(moved.size() == 100);
  array = std::move(moved);
  CHECK(*array[99] == 99);
}

TEST_CASE("a copy of an array has elements of its own", "[server]") {
  segmented_array<std::string> array;
  for (int i = 0; i != 3000; ++i)
    array.push_back(std::to_string(i));
  segmented_array<std::string> copy = array;
  array[2999] = "changed";
  REQUIRE(copy.size() == 3000);
  CHECK(copy[0] == "0");
  CHECK(copy[2999] == "2999");
}
