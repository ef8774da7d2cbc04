// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/reader.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <string_view>

using namespace pickled;
using namespace std::string_view_literals;

TEST_CASE("a reader takes numbers, bytes and lines in turn", "[pickle]") {
  detail::reader r(as_bytes("\x01\x02\x03\x3f\xf8\0\0\0\0\0\0abcline\nrest"sv));
  std::uint8_t one = 0;
  std::uint16_t two = 0;
  double real = 0;
  bytes_view bytes;
  std::string_view line;
  REQUIRE(r.read(one));
  CHECK(one == 1);
  REQUIRE(r.read(two));
  CHECK(two == 0x0302);
  REQUIRE(r.read_double(real));
  CHECK(real == 1.5);
  REQUIRE(r.read(3, bytes));
  CHECK(as_text(bytes) == "abc");
  REQUIRE(r.read_line(line));
  CHECK(line == "line");
  CHECK(r.offset() == 19);
  CHECK(r.remaining() == 4);
}

TEST_CASE("a reader stays where it is when there is too little", "[pickle]") {
  detail::reader r(as_bytes("ab"sv));
  std::uint32_t number = 0;
  double real = 0;
  bytes_view bytes;
  std::string_view line;
  CHECK_FALSE(r.read(number));
  CHECK_FALSE(r.read_double(real));
  CHECK_FALSE(r.read(UINT64_MAX, bytes));
  CHECK_FALSE(r.read_line(line));
  CHECK(r.offset() == 0);
  CHECK(r.peek() == 'a');
  CHECK_FALSE(detail::reader({}).read_line(line));
}
