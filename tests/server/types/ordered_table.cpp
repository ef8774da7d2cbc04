// SPDX-License-Identifier: BSL-1.0

#include "server/types/ordered_table.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

using table = ordered_table<int>;

key number(int i) {
  return key(frozen::integer(i));
}

void put(table& t, int k, int value) {
  key sought = number(k);
  t.find_or_add(sought).first->value = value;
}

std::vector<int> values(const table& t) {
  std::vector<int> result;
  t.for_each([&](const table::entry& e) { result.push_back(e.value); });
  return result;
}

}  // namespace

TEST_CASE("a table keeps its keys in the order in which they came", "[server]") {
  table t;
  CHECK(t.size() == 0);
  CHECK(t.find(number(1)) == nullptr);
  CHECK_FALSE(t.take(number(1)));
  for (const int i : {5, 3, 9, 3, 5})
    put(t, i, i);
  CHECK(t.size() == 3);
  CHECK(values(t) == std::vector{5, 3, 9});
  CHECK(t.take(number(5))->value == 5);
  put(t, 5, 50);
  CHECK(values(t) == std::vector{3, 9, 50});
  CHECK(t.take_first().value == 3);
  CHECK(t.take_last().value == 50);
  CHECK(t.take_last().value == 9);
  CHECK(t.size() == 0);
  put(t, 1, 1);
  CHECK(values(t) == std::vector{1});
}

TEST_CASE("a key that is there already is left to its owner", "[server]") {
  table t;
  key first(frozen::integer(1));
  CHECK(t.find_or_add(first).second);
  key equal(frozen::real(1.0));
  const auto [entry, added] = t.find_or_add(equal);
  CHECK_FALSE(added);
  CHECK(entry->key.original().as_integer() == 1);
  CHECK(equal.original().as_real() == 1.0);
}

TEST_CASE("keys that equal nothing are found again by their place", "[server]") {
  table t;
  for (int i = 0; i < 3; ++i) {
    key nan(frozen::real(std::numeric_limits<double>::quiet_NaN()));
    t.find_or_add(nan).first->value = i;
  }
  CHECK(t.size() == 3);
  CHECK(t.take_last().value == 2);
  CHECK(t.take_first().value == 0);
  CHECK(values(t) == std::vector{1});
}

TEST_CASE("a table grows, shrinks and closes its gaps", "[server]") {
  table t;
  for (int i = 0; i < 5000; ++i)
    put(t, i, i);
  for (int i = 0; i < 5000; ++i) {
    if (i % 50 != 7) CHECK(t.take(number(i))->value == i);
  }
  CHECK(t.size() == 100);
  for (int i = 0; i < 5000; ++i)
    CHECK((t.find(number(i)) != nullptr) == (i % 50 == 7));
  for (int i = 0; i < 100; ++i)
    CHECK(t.take_first().value == i * 50 + 7);
  CHECK(t.size() == 0);
}

TEST_CASE("first in, first out does not slow down", "[server]") {
  table t;
  for (int i = 0; i < 1000; ++i)
    put(t, i, i);
  for (int i = 1000; i < 100'000; ++i) {
    put(t, i, i);
    CHECK(t.take_first().value == i - 1000);
  }
  CHECK(t.size() == 1000);
}
