// SPDX-License-Identifier: BSL-1.0

#include "files/literal.hpp"

#include "pickled/python/repr.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace pickled;

TEST_CASE("literals are read as Python reads them", "[files]") {
  const struct {
    const char* text;
    const char* expected;  // nullptr where it is none
  } cases[] = {
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }   \n",
       "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}"},
      {"[('a', '<i4', (2, 3L)), (\"b\", '|O')]", "[('a', '<i4', (2, 3)), ('b', '|O')]"},
      {"()", "()"},
      {"(1)", "1"},
      {"(1,)", "(1,)"},
      {"-5", "-5"},
      {"'a\\'\\\\b'", "\"a'\\\\b\""},
      {"None", "None"},
      {"", nullptr},
      {"(1", nullptr},
      {"(,)", nullptr},
      {"(1 2)", nullptr},
      {"1 2", nullptr},
      {"{1: 2}", nullptr},
      {"{'a': 1, 'a': 2}", nullptr},
      {"'a", nullptr},
      {"'\\x41'", nullptr},
      {"99999999999999999999", nullptr},
      {"__import__('os')", nullptr},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    arena memory;
    value_builder build(memory);
    const auto literal = detail::parse_literal(text, build);
    REQUIRE(literal.has_value() == (expected != nullptr));
    if (literal) CHECK(repr(*literal) == expected);
  }
  arena memory;
  value_builder build(memory);
  CHECK_FALSE(detail::parse_literal(std::string(1000, '('), build));
}
