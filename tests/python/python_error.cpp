// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/python_error.hpp"

#include "pickled/convert/convert.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using pickled::kind;
using pickled::python_error;
using pickled::value;

TEST_CASE("an error of a builtin type names no module", "[pickle]") {
  const python_error e("ValueError", "substring not found");
  CHECK(e.module() == "builtins");
  CHECK(e.type() == "ValueError");
  REQUIRE(e.args()->size() == 1);
  CHECK(e.args()[0]->as_str() == "substring not found");
  CHECK(std::string(e.what()) == "ValueError: substring not found");
}

TEST_CASE("a dotted type is split into module and name", "[pickle]") {
  const python_error e("queue.Empty");
  CHECK(e.module() == "queue");
  CHECK(e.type() == "Empty");
  CHECK(e.args()->is(kind::tuple));
  CHECK(e.args()->size() == 0);
  CHECK(std::string(e.what()) == "queue.Empty");
}

TEST_CASE("an error from elsewhere keeps its text", "[pickle]") {
  const python_error e("queue.inner", "Odd", value::tuple({5}), "5");
  CHECK(e.module() == "queue.inner");
  CHECK(e.type() == "Odd");
  CHECK(e.args()[0]->as_integer() == 5);
  CHECK(std::string(e.what()) == "queue.inner.Odd: 5");
  CHECK(std::string(python_error("builtins", "KeyError", {}, "'k'").what()) == "KeyError: 'k'");
}

TEST_CASE("the arguments of an error are a tuple", "[pickle]") {
  CHECK_THROWS_AS(python_error("KeyError", value::list({"k"})), std::invalid_argument);
  const value key = value::tuple({1, 2});
  const python_error e("KeyError", value::tuple({key}));
  CHECK(e.args()[0]->identity() == key->identity());
}
