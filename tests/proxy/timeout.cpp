// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/timeout.hpp"

#include <catch2/catch.hpp>

using namespace pickled;
using namespace std::chrono_literals;

TEST_CASE("a timeout is seconds that Python takes", "[proxy]") {
  CHECK(timeout_seconds(1500ms) == 1.5);
  CHECK(timeout_seconds(0s) == 0);
  CHECK(timeout_seconds(-1s) == 0);
  CHECK(timeout_seconds(std::chrono::hours::max()) == 9'000'000'000);
  CHECK(timeout_seconds(std::chrono::duration<double>(0.25)) == 0.25);
}
