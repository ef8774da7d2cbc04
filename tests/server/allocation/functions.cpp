// SPDX-License-Identifier: BSL-1.0

// The functions of a server that has no memory for one step of them: it goes on.

#include "tests/server/allocation/failing_allocator.hpp"
#include "tests/server/allocation/short_server.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <string>
#include <vector>

using namespace pickled;

TEST_CASE("each function of the server lives through a shortage of memory", "[server]") {
  const short_server server;
  const std::string ident = server.create("list", R"([["a", "b"]])");
  const std::string name = fmt::format("\"{}\"", ident);
  const std::string token = fmt::format(
      R"([{{"$reduce": {{"callable": {{"$global": ["copyreg", "_reconstructor"]}}, "args": {{"$tuple": []}}}}}}])");
  const std::vector<method_call> functions = {
      {"dummy"},
      {"number_of_objects"},
      {"debug_info"},
      {"status"},
      {"create", R"(["dict", {"a": [1, 2]}])"},
      {"create", R"(["absent"])"},
      {"incref", "[" + name + "]"},
      {"decref", "[" + name + "]"},
      {"get_methods", token},
      {"track_segment", R"(["pickled-no-such-segment"])"},
      {"list_segments"},
      {"release_segment", R"(["pickled-no-such-segment"])"},
      {"accept_connection", R"(["test"])"},
      {"no_such_function"},
  };
  for (const method_call& function : functions) {
    INFO(function.method);
    const std::string expected = without_addresses(server.command(function.method, function.args));
    with_each_failing([&](failing_allocations& failing) {
      // So that no call takes the last one.
      REQUIRE(is_result(server.command("incref", "[" + name + "]")));
      if (function.method == "release_segment")
        server.command("track_segment", R"(["pickled-no-such-segment"])");
      client c = server.connect();
      failing.begin();
      const std::string answer = without_addresses(ask(c, "", function.method, function.args));
      failing.stop();
      INFO(answer);
      CHECK((answer == expected || is_lost(answer) || tells_of_memory(answer) ||
             function.method == "debug_info" || function.method == "status" ||
             function.method == "number_of_objects" || function.method == "list_segments" ||
             function.method == "decref"));
    });
    CHECK(server.command("dummy") == "('#RETURN', None)");
  }
}
