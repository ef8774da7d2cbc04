#include "program/serve_options.hpp"

#include "program/usage_error.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace pickled;

TEST_CASE("the defaults of the command line are those of a server", "[server]") {
  const serve_settings settings = settle({}, {});
  const server_options expected;
  CHECK(settings.server.addresses == expected.addresses);
  CHECK(settings.server.max_message == expected.max_message);
  CHECK(settings.server.handshake_timeout == expected.handshake_timeout);
  CHECK(settings.server.grace.time == expected.grace.time);
  CHECK(settings.server.threads >= 1);
  CHECK(settings.authkey_files.empty());
  CHECK_FALSE(settings.ignore_sigint);
}

TEST_CASE("what the command line says counts, and not the file", "[server]") {
  const given_options line{{"threads", {"--threads", {"3"}}},
                           {"address", {"--address", {"unix:a", "unix:b"}}}};
  const given_options file{{"threads", {"c.json:1: threads", {"5"}}},
                           {"address", {"c.json:2: address", {"unix:c"}}},
                           {"max-message", {"c.json:3: max-message", {"1mb"}}}};
  const serve_settings settings = settle(line, file);
  CHECK(settings.server.threads == 3);
  REQUIRE(settings.server.addresses.size() == 2);
  CHECK(settings.server.addresses[1].text() == "unix:b");
  CHECK(settings.server.max_message == 1U << 20);
}

TEST_CASE("seconds may have a fraction", "[server]") {
  const serve_settings settings = settle({{"grace", {"--grace", {"0.5"}}}}, {});
  CHECK(settings.server.grace.time == std::chrono::milliseconds(500));
}

TEST_CASE("a wrong value is told with its place and what was expected", "[server]") {
  CHECK_THROWS_WITH(settle({{"threads", {"--threads", {"many"}}}}, {}),
                    "--threads: expected a whole number from 1 to 1024, not 'many'");
  CHECK_THROWS_WITH(settle({}, {{"address", {"c.json:2: address", {"nowhere"}}}}),
                    "c.json:2: address: expected HOST:PORT, unix:PATH or unix:@NAME, not "
                    "'nowhere'");
}
