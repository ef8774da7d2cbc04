// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/choice.hpp"

#include "pickled/convert/convert.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <variant>
#include <vector>

using namespace pickled;
using Catch::Message;

TEST_CASE("an empty optional is None", "[pickle]") {
  CHECK(to_value(std::optional<int>()).is_none());
  CHECK(to_value(std::optional(5)).get<std::optional<int>>() == 5);
  CHECK(to_value(nullptr).get<std::optional<int>>() == std::nullopt);
  CHECK_THROWS_AS(to_value("x").get<std::optional<int>>(), conversion_error);
}

TEST_CASE("a variant takes the alternative of the value's own type", "[pickle]") {
  using any = std::variant<std::monostate, double, bool, int, std::string, std::vector<int>>;
  CHECK(to_value(any()).get<any>().index() == 0);
  CHECK(to_value(1.5).get<any>() == any(1.5));
  CHECK(to_value(true).get<any>() == any(true));
  CHECK(to_value(3).get<any>() == any(3));
  CHECK(to_value("s").get<any>() == any("s"));
  CHECK(to_value(any(std::vector{1})).get<any>() == any(std::vector{1}));
  CHECK(to_value(3).get<std::variant<std::string, double>>() ==
        std::variant<std::string, double>(3.0));
}

TEST_CASE("a variant that cannot take a value says why", "[pickle]") {
  using either = std::variant<int, std::vector<int>>;
  CHECK_THROWS_MATCHES(to_value("x").get<either>(), conversion_error,
                       Message("$: expected int or list, got str"));
  CHECK_THROWS_MATCHES(to_value(std::vector{"x"}).get<either>(), conversion_error,
                       Message("$[0]: expected int, got str"));
}
