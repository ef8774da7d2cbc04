// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/big_integer.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace pickled;
using boost::multiprecision::cpp_int;

TEST_CASE("ints of any size come back as they went", "[pickle]") {
  for (const char* digits :
       {"0", "-1", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
        "340282366920938463463374607431768211456", "-340282366920938463463374607431768211456"}) {
    const cpp_int number(digits);
    CHECK(to_value(number).get<cpp_int>() == number);
  }
  CHECK(to_value(cpp_int(5)).get<int>() == 5);
  CHECK(to_value(5).get<cpp_int>() == 5);
}

TEST_CASE("an int beyond a fixed width is refused", "[pickle]") {
  using boost::multiprecision::int128_t;
  using boost::multiprecision::uint256_t;
  const cpp_int large = cpp_int(1) << 130;
  CHECK_THROWS_AS(to_value(large).get<int128_t>(), conversion_error);
  CHECK(to_value(large).get<uint256_t>() == uint256_t(large));
  CHECK_THROWS_AS(to_value(-1).get<uint256_t>(), conversion_error);
  CHECK_THROWS_AS(to_value("5").get<cpp_int>(), conversion_error);
}
