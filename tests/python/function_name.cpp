// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/function_name.hpp"

#include "pickled/convert/convert.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string_view>

using namespace pickled;

TEST_CASE("a function is named by its module and its name there", "[pickle]") {
  const struct {
    std::string_view text;
    std::string_view module;
    std::string_view name;
  } table[] = {
      {"math.sqrt", "math", "sqrt"},
      {"os.path.join", "os.path", "join"},
      {"shapes:Circle.area", "shapes", "Circle.area"},
  };
  for (const auto& row : table) {
    const value function = to_value(function_name{row.text});
    CHECK(function->as_global().module == row.module);
    CHECK(function->as_global().name == row.name);
  }
}

TEST_CASE("what names no function is refused", "[pickle]") {
  for (const std::string_view text : {"", "sqrt", ".sqrt", "math.", ":sqrt"})
    CHECK_THROWS_AS(to_value(function_name{text}), std::invalid_argument);
}
