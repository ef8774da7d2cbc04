// SPDX-License-Identifier: BSL-1.0

// The functions of a server that has no memory for one step of them: it goes on.

#include "tests/server/allocation/failing_allocator.hpp"
#include "tests/server/allocation/short_server.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <string>
#include <system_error>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

std::string asked_by_connected(const short_server& server, failing_allocations& failing,
                               const method_call& function) {
  client c = server.connect();
  failing.begin();
  const std::string answer = without_addresses(ask(c, "", function.method, function.args));
  failing.stop();
  return answer;
}

std::string asked_by_stranger(const short_server& server, failing_allocations& failing,
                              const method_call& function) {
  failing.begin();
  try {
    client c = server.connect();
    const std::string answer = without_addresses(ask(c, "", function.method, function.args));
    failing.stop();
    return answer;
  } catch (const std::system_error& error) {
    failing.stop();
    REQUIRE(error.code() != std::errc::timed_out);
    return std::string(connection_lost);
  }
}

}  // namespace

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
      {"create", R"(["Lock"])"},
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
    for (const bool while_connecting : {false, true})
      with_each_failing([&](failing_allocations& failing) {
        // So that no call takes the last one.
        REQUIRE(is_result(server.command("incref", "[" + name + "]")));
        if (function.method == "release_segment")
          server.command("track_segment", R"(["pickled-no-such-segment"])");
        const std::string account = server.account();
        const std::string references = server.command("debug_info");
        const std::string answer = while_connecting ? asked_by_stranger(server, failing, function)
                                                    : asked_by_connected(server, failing, function);
        INFO(answer);
        CHECK((answer == expected || is_lost(answer) || tells_of_memory(answer) ||
               function.method == "debug_info" || function.method == "status" ||
               function.method == "number_of_objects" || function.method == "list_segments"));
        // Who is not told of a reference does not have it.
        if (!is_result(answer) && function.method != "decref") {
          CHECK(eventually([&] { return server.account() == account; }));
          CHECK(server.command("debug_info") == references);
        }
      });
    CHECK(server.command("dummy") == "('#RETURN', None)");
  }
}

TEST_CASE("a reference is given back whether there is memory or not", "[server]") {
  const short_server server;
  const std::string ident = server.create("list");
  const std::string name = fmt::format("[\"{}\"]", ident);
  const std::string once = server.command("debug_info");
  const method_call decref{"decref", name};
  with_each_failing([&](failing_allocations& failing) {
    REQUIRE(is_result(server.command("incref", name)));
    const std::string answer = asked_by_connected(server, failing, decref);
    INFO(answer);
    // The server may still be at the end of the handshake; a connection lost there asked nothing.
    if (is_lost(answer) && server.command("debug_info") != once) server.command("decref", name);
    CHECK(eventually([&] { return server.command("debug_info") == once; }));
  });
}
