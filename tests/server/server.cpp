// SPDX-License-Identifier: BSL-1.0

#include "server/server.hpp"

#include "tests/server/live_server.hpp"

#include <asio/post.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("a server tells the ports that the system picked", "[server]") {
  live_server server({}, {address(), fresh_address()});
  const auto bound = (*server).addresses();
  REQUIRE(bound.size() == 2);
  CHECK(bound[0].name() == "127.0.0.1");
  CHECK(bound[0].port() != 0);
  CHECK(server.ask("dummy") == "('#RETURN', None)");
}

TEST_CASE("a server on many threads serves many clients", "[server]") {
  server_options options;
  options.threads = 4;
  live_server server(std::move(options));
  const std::string ident = server.create();
  std::vector<client> clients;
  for (int i = 0; i != 16; ++i)
    clients.push_back(server.proxy());
  for (client& c : clients)
    c.send(pickled_request(ident, "get"));
  for (client& c : clients)
    CHECK(words(c.recv()) == "('#RETURN', None)");
}

TEST_CASE("a client's shutdown is answered twice and ends the server", "[server]") {
  live_server server;
  client idle = server.proxy();
  client c = server.connect();
  c.send(pickled_request("", "shutdown"));
  CHECK(words(c.recv()) == "('#RETURN', None)");
  CHECK(words(c.recv()) == "('#RETURN', None)");
  server.join();
  CHECK_THROWS_AS(idle.recv(), std::system_error);
}

TEST_CASE("a server ends while calls are blocked", "[server]") {
  live_server server;
  const std::string ident = server.create();
  client blocked = server.proxy();
  blocked.send(pickled_request(ident, "pass"));
  REQUIRE(eventually([&] { return server.last_made().waiting() == 1; }));
  server.end();
  CHECK(server.last_made().waiting() == 0);
  CHECK(server.last_made().returns() == 0);
  CHECK_THROWS_AS(blocked.recv(), std::system_error);
}

TEST_CASE("a server removes the file of its socket", "[server]") {
  const std::string path = fmt::format("/tmp/pickled-tests-{}", ::getpid());
  {
    live_server server({}, {address::unix_path(path)});
    CHECK(server.ask("dummy") == "('#RETURN', None)");
    CHECK(std::filesystem::exists(path));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("an address that is taken is an error that names it", "[server]") {
  live_server server;
  CHECK_THROWS_WITH(live_server({}, {server.where()}), Catch::Contains(server.where().text()));
}

TEST_CASE("a server that is used no more can end by itself", "[server]") {
  constexpr std::chrono::milliseconds quiet{20};
  live_server server;
  const std::string ident = server.create();
  {
    client last = server.proxy();
    asio::post((*server).event_loop(), [&] { (*server).stop_when_unused(quiet); });
    const auto until = std::chrono::steady_clock::now() + 10 * quiet;
    while (std::chrono::steady_clock::now() < until)
      CHECK(call_of(last, ident, "get") == "('#RETURN', None)");
  }
  server.join();
}

TEST_CASE("a server can be destroyed after its event loop was stopped by others", "[server]") {
  server_options options;
  options.threads = 1;
  live_server server(std::move(options));
  client idle = server.proxy();
  (*server).event_loop().stop();
  server.join();
  CHECK_THROWS_AS(idle.recv(), std::system_error);
}
