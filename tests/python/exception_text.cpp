// SPDX-License-Identifier: BSL-1.0

#include "python/exception_text.hpp"

#include "pickled/convert/convert.hpp"
#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace pickled;
using namespace pickled::detail;

// As CPython's str() has it, of an exception that came out of a pickle.
TEST_CASE("the text of an exception is str() of it", "[python]") {
  struct {
    const char* type;
    value args;
    const char* text;
  } const all[] = {
      {"ValueError", value::tuple({}), ""},
      {"ValueError", value::tuple({"odd"}), "odd"},
      {"ValueError", value::tuple({5}), "5"},
      {"ValueError", value::tuple({"odd", 5}), "('odd', 5)"},
      {"KeyError", value::tuple({"k"}), "'k'"},
      {"KeyError", value::tuple({3}), "3"},
      {"KeyError", value::tuple({3, 4}), "(3, 4)"},
      {"OSError", value::tuple({"odd"}), "odd"},
      {"OSError", value::tuple({2, "No such file or directory"}),
       "[Errno 2] No such file or directory"},
      {"FileNotFoundError", value::tuple({2, "No such file or directory", "a'b"}),
       "[Errno 2] No such file or directory: \"a'b\""},
      {"OSError", value::tuple({18, "Invalid cross-device link", "a", value(), "b"}),
       "[Errno 18] Invalid cross-device link: 'a' -> 'b'"},
      {"BlockingIOError", value::tuple({11, "later", 5}), "[Errno 11] later"},
      {"OSError", value::tuple({1, 2, 3, 4, 5, 6}), "(1, 2, 3, 4, 5, 6)"},
  };
  for (const auto& [type, args, text] : all) {
    CHECK(exception_text(type, args) == text);
    const std::string line = *text == 0 ? type : std::string(type) + ": " + text;
    CHECK(python_error(type, args).what() == line);
  }
}
