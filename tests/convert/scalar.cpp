// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/scalar.hpp"

#include "pickled/convert/convert.hpp"
#include "tests/convert/recorded.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>

using namespace pickled;
using namespace pickled::detail;
using Catch::Message;

namespace {

enum class plain : std::uint8_t { one = 1, three = 3 };

template <class T>
void round_trips(T original) {
  CHECK(to_value(original).template get<T>() == original);
}

}  // namespace

TEST_CASE("numbers come back as they went", "[pickle]") {
  round_trips(true);
  round_trips(false);
  round_trips<std::int8_t>(-128);
  round_trips<std::uint8_t>(255);
  round_trips(std::numeric_limits<int>::min());
  round_trips(std::numeric_limits<std::int64_t>::min());
  round_trips(std::numeric_limits<std::uint64_t>::max());
  round_trips(1.5F);
  round_trips(std::numeric_limits<double>::max());
  round_trips(std::numeric_limits<double>::infinity());
  round_trips(std::complex<float>(1.5F, -2));
  round_trips('x');
  round_trips(plain::three);
}

TEST_CASE("an int out of range says what would fit", "[pickle]") {
  CHECK_THROWS_MATCHES(to_value(128).get<std::int8_t>(), conversion_error,
                       Message("$: expected int from -128 to 127, got 128"));
  CHECK_THROWS_MATCHES(to_value(-1).get<unsigned>(), conversion_error,
                       Message("$: expected int from 0 to 4294967295, got -1"));
  CHECK_THROWS_AS(to_value(std::numeric_limits<std::uint64_t>::max()).get<std::int64_t>(),
                  conversion_error);
  CHECK_THROWS_AS(to_value(300).get<plain>(), conversion_error);
}

TEST_CASE("a value of another type says which", "[pickle]") {
  CHECK_THROWS_MATCHES(to_value("5").get<int>(), conversion_error,
                       Message("$: expected int, got str"));
  CHECK_THROWS_MATCHES(to_value(1.0).get<int>(), conversion_error,
                       Message("$: expected int, got float"));
  CHECK_THROWS_MATCHES(to_value(nullptr).get<double>(), conversion_error,
                       Message("$: expected float, got NoneType"));
  CHECK_THROWS_MATCHES(to_value(1).get<bool>(), conversion_error,
                       Message("$: expected bool, got int"));
  CHECK_THROWS_MATCHES(to_value(0).get<std::nullptr_t>(), conversion_error,
                       Message("$: expected None, got int"));
  CHECK_THROWS_AS(to_value("ab").get<char>(), conversion_error);
  CHECK_THROWS_AS(to_value("\xc3\xa9").get<char>(), conversion_error);
}

TEST_CASE("True is the int 1, as in Python", "[pickle]") {
  CHECK(to_value(true).get<int>() == 1);
}

TEST_CASE("an int is rounded to a float as Python rounds it", "[pickle]") {
  struct {
    const char* pickle;
    double expected;
  } const table[] = {
      {"L9007199254740993L\n.", 9007199254740992.0},          // 2**53 + 1: to even
      {"L36893488147419107329L\n.", 36893488147419111424.0},  // 2**65 + 4097: just over half
      {"L-36893488147419107329L\n.", -36893488147419111424.0},
      {"L36893488147419107328L\n.", 36893488147419103232.0},  // 2**65 + 4096: to even
      {"L-9223372036854775809L\n.", -9223372036854775808.0},
      {"L18446744073709551615L\n.", 18446744073709551616.0},
  };
  for (const auto& row : table) {
    INFO(row.pickle);
    CHECK(loads<double>(as_bytes(std::string_view(row.pickle))) == row.expected);
  }
  const std::string huge = "L1" + std::string(309, '0') + "L\n.";
  CHECK_THROWS_AS(loads<double>(as_bytes(huge)), conversion_error);
}

TEST_CASE("a float out of a C++ float's range is refused, infinity is not", "[pickle]") {
  CHECK_THROWS_AS(to_value(1e39).get<float>(), conversion_error);
  CHECK(std::isinf(to_value(std::numeric_limits<double>::infinity()).get<float>()));
  CHECK(std::isnan(to_value(std::nan("")).get<float>()));
}

TEST_CASE("subclasses of int, enums and numpy's scalars are read as numbers", "[pickle]") {
  for (const value& v : recorded("my_int"))
    CHECK(v.get<int>() == 7);
  for (const char* name : {"my_str", "user_string"}) {
    for (const value& v : recorded(name))
      CHECK(v.get<std::string>() == "seven");
  }
  for (const value& v : recorded("numbered"))
    CHECK(v.get<plain>() == plain::three);
  for (const value& v : recorded("float64"))
    CHECK(v.get<double>() == 2.5);
  for (const value& v : recorded("int16"))
    CHECK(v.get<int>() == -7);
  for (const value& v : recorded("uint64"))
    CHECK(v.get<std::uint64_t>() == std::numeric_limits<std::uint64_t>::max());
  for (const value& v : recorded("bool_"))
    CHECK(v.get<bool>());
  for (const value& v : recorded("complex"))
    CHECK(v.get<std::complex<double>>() == std::complex<double>(1.5, -2));
}
