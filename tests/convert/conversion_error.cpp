// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/conversion_error.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace pickled;

TEST_CASE("a conversion error grows its path from the inside out", "[pickle]") {
  conversion_error error("int", value_view::real(1.5));
  CHECK(error.path() == "$");
  CHECK(std::string(error.what()) == "$: expected int, got float");
  error.enter(attribute_step("y"));
  error.enter(key_step(value_view::integer(4)));
  error.enter(index_step(3));
  CHECK(error.path() == "$[3][4].y");
  CHECK(std::string(error.what()) == "$[3][4].y: expected int, got float");
  error.name("dict['k']");
  CHECK(error.path() == "$[3][4].y");
  CHECK(std::string(error.what()) == "dict['k'][3][4].y: expected int, got float");
  CHECK(error.expected() == "int");
  CHECK(error.got() == "float");
}
