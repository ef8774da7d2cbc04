// SPDX-License-Identifier: BSL-1.0

// Ends the server, and looks at what its proxies then say: a program of its own, because no other
// test can follow.

#include "pickled/convert/conversion_error.hpp"
#include "tests/integration/live_server.hpp"

#include <system_error>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("when the server has ended, calls fail and destructors do not", "[shutdown]") {
  const auto m = connect();
  const auto d = m.dict();
  d["k"] = 1;
  m.shutdown();
  // The connection may end a moment after the reply, and CPython's server then ends it with a
  // `#RETURN None` too many: the reply of accept_connection.
  const auto call_until_it_fails = [&] {
    for (;;) {
      try {
        d.size();
      } catch (const conversion_error&) {
      }
    }
  };
  CHECK_THROWS_AS(call_until_it_fails(), std::system_error);
  CHECK_THROWS_AS(call_until_it_fails(), std::system_error);
}
