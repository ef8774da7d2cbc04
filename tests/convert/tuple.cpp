// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/tuple.hpp"

#include "pickled/convert/convert.hpp"
#include "tests/convert/recorded.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <tuple>
#include <utility>

using namespace pickled;
using namespace pickled::detail;
using Catch::Message;

TEST_CASE("tuples and pairs are tuples", "[pickle]") {
  const std::tuple original(1, std::string("two"), 3.5);
  CHECK(to_value(original).is(kind::tuple));
  CHECK(to_value(original).get<std::tuple<int, std::string, double>>() == original);
  CHECK(to_value(std::pair(1, true)).get<std::pair<int, bool>>() == std::pair(1, true));
  CHECK(to_value(std::tuple()).get<std::tuple<>>() == std::tuple());
}

TEST_CASE("lists, named tuples and subclasses are read as tuples", "[pickle]") {
  for (const char* name : {"list", "tuple", "my_tuple"}) {
    for (const value& v : recorded(name)) {
      INFO(name);
      CHECK(v.get<std::tuple<int, int, int>>() == std::tuple(1, 2, 3));
    }
  }
  for (const value& v : recorded("named_tuple"))
    CHECK(v.get<std::pair<int, double>>() == std::pair(1, 2.5));
}

TEST_CASE("a tuple of another length is refused", "[pickle]") {
  CHECK_THROWS_MATCHES((to_value(std::pair(1, 2)).get<std::tuple<int, int, int>>()),
                       conversion_error, Message("$: expected 3 items, got 2"));
  CHECK_THROWS_MATCHES((to_value(std::pair(1, "x")).get<std::pair<int, int>>()), conversion_error,
                       Message("$[1]: expected int, got str"));
}
