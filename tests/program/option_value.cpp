#include "program/option_value.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <optional>
#include <string>

using namespace pickled;

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
    std::uint64_t read = 0;
    CHECK(read_bytes(text, read) == bytes.has_value());
    if (bytes) CHECK(read == *bytes);
  }
}

TEST_CASE("seconds are rounded up to a millisecond", "[server]") {
  const struct {
    std::string text;
    std::optional<int> milliseconds;
  } cases[] = {
      {"0", 0},   {"20", 20000}, {"0.5", 500}, {"0.0001", 1}, {"", {}},
      {"-1", {}}, {"nan", {}},   {"inf", {}},  {"1e99", {}},  {"1s", {}},
  };
  for (const auto& [text, milliseconds] : cases) {
    INFO(text);
    std::chrono::milliseconds read{};
    CHECK(read_seconds(text, read) == milliseconds.has_value());
    if (milliseconds) CHECK(read.count() == *milliseconds);
  }
}
