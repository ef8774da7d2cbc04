// SPDX-License-Identifier: BSL-1.0

#include "program/serve_options.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("the defaults of the command line are those of a server", "[server]") {
  const serve_settings settings = settings_of({}, {});
  const server_options expected;
  CHECK(settings.server.addresses == expected.addresses);
  CHECK(settings.server.max_message == expected.max_message);
  CHECK(settings.server.handshake_timeout == expected.handshake_timeout);
  CHECK(settings.server.grace.time == expected.grace.time);
  CHECK(settings.server.tcp_timeout == expected.tcp_timeout);
  CHECK(settings.server.threads >= 1);
  CHECK(settings.authkey_files.empty());
  CHECK_FALSE(settings.ignore_sigint);
  CHECK_FALSE(settings.until_eof);
}

TEST_CASE("what the command line says counts, and not the file", "[server]") {
  const given_options line{{"threads", {"--threads", {"3"}}},
                           {"address", {"--address", {"unix:a", "unix:b"}}}};
  const given_options file{{"threads", {"c.json:1: threads", {"5"}}},
                           {"address", {"c.json:2: address", {"unix:c"}}},
                           {"max-message", {"c.json:3: max-message", {"1mb"}}}};
  const serve_settings settings = settings_of(line, file);
  CHECK(settings.server.threads == 3);
  REQUIRE(settings.server.addresses.size() == 2);
  CHECK(settings.server.addresses[1].text() == "unix:b");
  CHECK(settings.server.max_message == 1U << 20);
}

TEST_CASE("sizes count in 1024", "[server]") {
  const struct {
    std::string text;
    std::optional<std::uint64_t> bytes;
  } cases[] = {
      {"0", 0},          {"1048576", 1048576}, {"7b", 7},
      {"64kb", 65536},   {"16m", 16777216},    {"16MiB", 16777216},
      {"1gb", 1U << 30}, {"1t", 1ULL << 40},   {"18446744073709551615", ~0ULL},
      {"", {}},          {"kb", {}},           {"1x", {}},
      {"1kbb", {}},      {"-1", {}},           {"1.5mb", {}},
      {"1 mb", {}},      {"16777216t", {}},    {"18446744073709551616", {}},
  };
  for (const auto& [text, bytes] : cases) {
    INFO(text);
    const given_options given{{"max-memory", {"--max-memory", {text}}}};
    if (bytes)
      CHECK(settings_of(given, {}).server.max_memory == *bytes);
    else
      CHECK_THROWS_AS(settings_of(given, {}), usage_error);
  }
}

TEST_CASE("seconds are rounded up to a millisecond, and can be added to a time", "[server]") {
  const struct {
    std::string text;
    std::optional<std::int64_t> milliseconds;
  } cases[] = {
      {"0", 0},
      {"20", 20000},
      {"0.5", 500},
      {"0.0001", 1},
      {"1e9", 1'000'000'000'000},
      {"1000000000.5", {}},
      {"10000000000", {}},
      {"", {}},
      {"-1", {}},
      {"nan", {}},
      {"inf", {}},
      {"1e99", {}},
      {"1s", {}},
  };
  for (const auto& [text, milliseconds] : cases) {
    INFO(text);
    for (const std::string name : {"grace", "idle-timeout", "tcp-timeout"}) {
      const given_options given{{name, {"--" + name, {text}}}};
      if (!milliseconds) {
        CHECK_THROWS_AS(settings_of(given, {}), usage_error);
        continue;
      }
      const server_options read = settings_of(given, {}).server;
      const std::chrono::milliseconds time = name == "grace"          ? read.grace.time
                                             : name == "idle-timeout" ? read.idle_timeout
                                                                      : read.tcp_timeout;
      CHECK(time.count() == *milliseconds);
      const auto now = std::chrono::steady_clock::now();
      CHECK(now + time >= now);
    }
  }
}

TEST_CASE("a wrong value is told with its place and what was expected", "[server]") {
  CHECK_THROWS_WITH(settings_of({{"threads", {"--threads", {"many"}}}}, {}),
                    "--threads: expected a whole number from 1 to 1024, not 'many'");
  CHECK_THROWS_WITH(settings_of({}, {{"address", {"c.json:2: address", {"nowhere"}}}}),
                    "c.json:2: address: expected HOST:PORT, unix:PATH or unix:@NAME, not "
                    "'nowhere'");
}
