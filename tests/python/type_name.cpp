// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/type_name.hpp"

#include "pickled/codec/unpickler.hpp"

#include <catch2/catch.hpp>

#include <string_view>

using namespace pickled;
using namespace std::string_view_literals;

// What CPython says of each in "'<' not supported between instances of 'object' and …".
TEST_CASE("a class has the name that CPython's messages have", "[pickle]") {
  const struct {
    std::string_view pickle;
    std::string_view name;
  } table[] = {
      {"N.", "NoneType"},
      {"I01\n.", "bool"},
      {"K\1.", "int"},
      {"L18446744073709551616L\n.", "int"},
      {"F1.5\n.", "float"},
      {"X\0\0\0\0."sv, "str"},
      {"].", "list"},
      {").", "tuple"},
      {"ccollections\ndeque\n)R.", "collections.deque"},
      {"ccollections\nCounter\n)R.", "Counter"},
      {"cm\nOuter.Inner\n)\x81.", "Inner"},
      {"cbuiltins\nint\n.", "type"},
      {"cbuiltins\nlen\n.", "builtin_function_or_method"},
      {"cbuiltins\nEllipsis\n.", "ellipsis"},
      {"cbuiltins\niter\n]\x85R.", "list_iterator"},
  };
  for (const auto& entry : table)
    CHECK(type_name(loads(entry.pickle)) == entry.name);
}
