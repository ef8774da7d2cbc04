// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/text.hpp"

#include "pickled/convert/convert.hpp"
#include "tests/convert/recorded.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_literals;
using Catch::Message;

TEST_CASE("text is a str, of any code points", "[pickle]") {
  for (const std::string& text :
       {""s, "a\0b"s, "\xc3\xa9"s, "\xed\xa0\x80"s, std::string(70000, 'x')}) {
    const value v = to_value(text);
    CHECK(v->is(kind::str));
    CHECK(v.get<std::string>() == text);
    CHECK(v.get<std::string_view>() == text);
  }
  CHECK(to_value("literal").get<std::string>() == "literal");
}

TEST_CASE("text that is no UTF-8 is refused", "[pickle]") {
  CHECK_THROWS_MATCHES(to_value("\xff"), conversion_error,
                       Message("$: expected text in UTF-8, got other bytes"));
  CHECK_THROWS_MATCHES(to_value(5).get<std::string>(), conversion_error,
                       Message("$: expected str, got int"));
}

TEST_CASE("bytes are no text", "[pickle]") {
  const std::vector two = {std::byte{0}, std::byte{0xff}};
  CHECK(to_value(two).is(kind::bytes));
  for (const char* name : {"bytes", "bytearray"}) {
    for (const value& v : recorded(name)) {
      CHECK(v.get<std::vector<std::byte>>() == two);
      CHECK(v.get<std::array<std::byte, 2>>() == std::array{two[0], two[1]});
      CHECK(v.get<bytes_view>()[1] == two[1]);
      CHECK(v.get<buffer>().size() == 2);
    }
  }
  CHECK_THROWS_AS((to_value(two).get<std::array<std::byte, 3>>()), conversion_error);
  CHECK_THROWS_MATCHES(to_value(two).get<std::string>(), conversion_error,
                       Message("$: expected str, got bytes"));
  CHECK_THROWS_MATCHES(to_value("text").get<std::vector<std::byte>>(), conversion_error,
                       Message("$: expected bytes, got str"));
}

TEST_CASE("a path comes from any class of pathlib, or a str", "[pickle]") {
  struct {
    const char* name;
    std::string_view path;
  } const table[] = {{"posix_path", "/a/b"},
                     {"relative_path", "a/b"},
                     {"current_path", "."},
                     {"escaped_path", "/a/\xff"}};
  for (const auto& row : table) {
    INFO(row.name);
    for (const value& v : recorded(row.name))
      CHECK(v.get<std::filesystem::path>().native() == row.path);
  }
  CHECK(to_value("a/b").get<std::filesystem::path>() == "a/b");
  CHECK_THROWS_AS(to_value(1).get<std::filesystem::path>(), conversion_error);
  CHECK_THROWS_AS(to_value("\xed\xa0\x80").get<std::filesystem::path>(), conversion_error);
}

TEST_CASE("a path of any bytes comes back", "[pickle]") {
  for (const char* name : {"/tmp/x", "\xff\xc3", "a\xed\xa0\x80", "\xc3\xa9", "\xf0\x9f\x98\x80"})
    CHECK(to_value(std::filesystem::path(name)).get<std::filesystem::path>().native() == name);
}
