// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/time_limit.hpp"

#include <catch2/catch.hpp>

using namespace pickled::detail;
using namespace std::chrono_literals;

TEST_CASE("a limit has any length", "[connection]") {
  using std::chrono::milliseconds;
  CHECK(bounded(5ms) == 5ms);
  CHECK(bounded(-5ms) == -5ms);
  CHECK(bounded(milliseconds::max()) == longest_limit);
  CHECK(bounded(milliseconds::min()) == -longest_limit);
  CHECK(bounded(std::chrono::duration<double>(1e300)) == longest_limit);
  const auto now = std::chrono::steady_clock::now();
  CHECK(time_after(milliseconds::max()) > now);
  CHECK(poll_timeout(now) == 0);
  CHECK(poll_timeout(time_after(milliseconds::min())) == 0);
  CHECK(poll_timeout(time_after(milliseconds::max())) == milliseconds(24h).count());
}
