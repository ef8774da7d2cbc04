// SPDX-License-Identifier: BSL-1.0

#include "proxy/reference.hpp"

#include "pickled/connection/socket.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono_literals;

namespace {

// Takes connections, and never says a word on them.
struct mute_server {
  mute_server() : socket(open_socket(where())) {
    socket_address at;
    REQUIRE_FALSE(resolve(where(), at));
    REQUIRE(::bind(socket.get(), at.get(), at.size) == 0);
    REQUIRE(::listen(socket.get(), 8) == 0);
  }

  static address where() {
    address at;
    REQUIRE_FALSE(address::parse("unix:@pickled-mute-" + std::to_string(::getpid()), at));
    return at;
  }

  descriptor socket;
};

}  // namespace

TEST_CASE("a count is let go of without waiting for its server", "[proxy]") {
  const mute_server server;
  const auto began = std::chrono::steady_clock::now();
  { const reference count(server_link::to(server.where(), "key"), "ident"); }
  CHECK(std::chrono::steady_clock::now() - began < 1s);
  CHECK_FALSE(flush_references(10ms));
}

TEST_CASE("a call_timeout is also for the calls of the server itself", "[proxy]") {
  const mute_server server;
  call_options options;
  options.connect_timeout = 20ms;
  const auto link = server_link::to(server.where(), "key", options);
  CHECK_THROWS_WITH(link->dispatch({}, {}),
                    Catch::Contains("cannot connect to " + server.where().text()));
}
