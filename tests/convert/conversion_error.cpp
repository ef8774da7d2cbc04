// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/conversion_error.hpp"

#include "pickled/convert/convert.hpp"

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

TEST_CASE("a long path is told by its ends", "[pickle]") {
  conversion_error error("int", "str");
  for (int i = 0; i != 100; ++i) {
    error.enter("['\xc3\xa4']");
    error.enter(".kids");
  }
  CHECK(error.path().size() == 1 + 100 * (6 + 5));
  const std::string what = error.what();
  CHECK(what.size() < 300);
  CHECK(what.substr(0, 29) == "$.kids['\xc3\xa4'].kids['\xc3\xa4'].kids[");
  CHECK(what.find("...") != std::string::npos);
  const std::string end = ".kids['\xc3\xa4']: expected int, got str";
  CHECK(what.substr(what.size() - end.size()) == end);
  CHECK_NOTHROW(loads(dumps(what)));  // no character is cut
}
