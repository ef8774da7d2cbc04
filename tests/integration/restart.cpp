// SPDX-License-Identifier: BSL-1.0

// Kills the server, $PICKLED_SERVER_PID, in whose place interop/proxy starts another one: a program
// of its own, because no other test can follow.

#include "pickled/convert/conversion_error.hpp"
#include "pickled/proxy/connection_error.hpp"
#include "tests/integration/live_server.hpp"

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono_literals;

TEST_CASE("what a registered callable returns is found again after a restart", "[restart]") {
  call_options options;
  options.reconnect.attempts = 20;  // after 50 ms, 100 ms, … 2 s, less a random part
  options.reconnect.deadline = 30s;
  const auto m =
      manager::connect(environment("PICKLED_SERVER"), environment("PICKLED_AUTHKEY"), options);
  const auto results = m.get<dict_proxy<>>("get_results");
  results["k"] = 1;
  REQUIRE(::kill(std::stoi(environment("PICKLED_SERVER_PID")), SIGKILL) == 0);
  const auto find_it = [&] {
    for (;;) {
      try {
        return results.find<std::vector<int>>("k");
      } catch (const unanswered_call&) {   // it was killed amid the call
      } catch (const conversion_error&) {  // or after it
      }
    }
  };
  CHECK_FALSE(find_it());
  CHECK(results.get<std::vector<int>>("input") == std::vector{1, 2, 3});
}
