// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/describe_enum.hpp"

#include "pickled/convert/convert.hpp"
#include "tests/convert/recorded.hpp"

#include <catch2/catch.hpp>

using namespace pickled;
using namespace pickled::detail;
using Catch::Message;

namespace shapes {

enum class color { red = 1, blue = 3 };
PICKLED_DESCRIBE_ENUM(color, "shapes", "Color", red, blue)

enum level : unsigned char { low = 1, high = 2 };
PICKLED_DESCRIBE_ENUM(level, "shapes", "Level", low, high)

enum class access { read = 1, write = 2, run = 4 };
PICKLED_DESCRIBE_ENUM(access, "shapes", "Access", read, write, run)

enum class nameless { red = 1 };
PICKLED_DESCRIBE_ENUM(nameless, "shapes", "Color")

}  // namespace shapes

TEST_CASE("enums are members of a Python Enum, by value or by name", "[pickle]") {
  for (const value& v : recorded("color"))
    CHECK(v.get<shapes::color>() == shapes::color::blue);
  for (const value& v : recorded("level"))
    CHECK(v.get<shapes::level>() == shapes::high);
  for (const value& v : recorded("flags"))
    CHECK(v.get<shapes::access>() == shapes::access(7));
  CHECK(to_value(shapes::color::red).get<shapes::color>() == shapes::color::red);
}

TEST_CASE("what is no member of the Enum is refused", "[pickle]") {
  CHECK_THROWS_MATCHES(to_value(1).get<shapes::color>(), conversion_error,
                       Message("$: expected shapes.Color, got int"));
  CHECK_THROWS_MATCHES(to_value(shapes::low).get<shapes::color>(), conversion_error,
                       Message("$: expected shapes.Color, got shapes.Level"));
  const std::string_view by_name = "cbuiltins\ngetattr\n(cshapes\nColor\nVBLUE\ntR.";
  CHECK(loads<shapes::color>(as_bytes(by_name)) == shapes::color::blue);
  CHECK_THROWS_MATCHES(loads<shapes::nameless>(as_bytes(by_name)), conversion_error,
                       Message("$: expected a described member of shapes.Color, got BLUE"));
}
