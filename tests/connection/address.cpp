// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/address.hpp"

#include "pickled/connection/connection_errc.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace pickled;
using namespace std::string_literals;

namespace {

address parsed(std::string_view text) {
  address a;
  REQUIRE_FALSE(address::parse(text, a));
  return a;
}

}  // namespace

TEST_CASE("an address is parsed and printed", "[connection]") {
  const struct {
    std::string text;
    address expected;
  } table[] = {
      {"127.0.0.1:0", address()},
      {"localhost:65535", address::inet("localhost", 65535)},
      {":5000", address::inet("", 5000)},
      {"worker-7.example.org:80", address::inet("worker-7.example.org", 80)},
      {"unix:/run/a b/m.sock", address::unix_path("/run/a b/m.sock")},
      {"unix:m.sock", address::unix_path("m.sock")},
      {"unix:./@m", address::unix_path("./@m")},
      {"unix:@m", address::unix_abstract("m")},
      {"unix:" + std::string(107, 'p'), address::unix_path(std::string(107, 'p'))},
  };
  for (const auto& row : table) {
    CHECK(parsed(row.text) == row.expected);
    CHECK(row.expected.text() == row.text);
  }
}

TEST_CASE("what is no address is refused", "[connection]") {
  for (const std::string& text : {""s,
                                  "localhost"s,
                                  "5000"s,
                                  "localhost:"s,
                                  "localhost:x"s,
                                  "localhost:65536"s,
                                  "localhost:-1"s,
                                  "localhost:+1"s,
                                  "localhost: 1"s,
                                  "localhost:1 "s,
                                  "a b:1"s,
                                  "::1:1"s,
                                  "[::1]:1"s,
                                  "unix:"s,
                                  "unix:@"s,
                                  "http://localhost:1"s,
                                  "unix:a\0b"s,
                                  "unix:\xff"s,
                                  "a\0b:1"s,
                                  "unix:" + std::string(108, 'p'),
                                  "unix:@" + std::string(108, 'p')}) {
    address a = address::inet("untouched", 1);
    CHECK(address::parse(text, a) == connection_errc::bad_address);
    CHECK(a.name() == "untouched");
  }
}

TEST_CASE("loopback is what other machines cannot reach", "[connection]") {
  for (const char* text : {"127.0.0.1:1", "127.9.8.7:1", "127.1:1", "localhost:1", "LocalHost:1",
                           "unix:/run/m.sock", "unix:@m"})
    CHECK(parsed(text).is_loopback());
  for (const char* text : {":1", "0.0.0.0:1", "128.0.0.1:1", "example.org:1", "127.example.org:1"})
    CHECK_FALSE(parsed(text).is_loopback());
}

TEST_CASE("the spellings of one place are told to be one", "[connection]") {
  const char* same[][2] = {
      {"localhost:1", "127.0.0.1:1"},
      {"LOCALHOST:1", "127.1:1"},
      {":1", "0.0.0.0:1"},
      {"0x7f.0.0.1:1", "127.0.0.1:1"},
      {"Example.org:1", "example.ORG:1"},
      {"unix:/run//m.sock", "unix:/run/./m.sock"},
      {"unix:/run/x/../m", "unix:/run/m"},
      {"unix:@m", "unix:@m"},
  };
  for (const auto& pair : same)
    CHECK(same_place(parsed(pair[0]), parsed(pair[1])));
  const char* different[][2] = {
      {"localhost:1", "localhost:2"}, {"127.0.0.1:1", "127.0.0.2:1"},     {"unix:@m", "unix:m"},
      {"unix:/m", "unix:/M"},         {"example.org:1", "example.com:1"},
  };
  for (const auto& pair : different)
    CHECK_FALSE(same_place(parsed(pair[0]), parsed(pair[1])));
}
