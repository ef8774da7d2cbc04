// SPDX-License-Identifier: BSL-1.0

#include "process/resource_sharer.hpp"

#include "pickled/process/listener.hpp"
#include "pickled/process/pipe.hpp"
#include "pickled/proxy/server_link.hpp"

#include <catch2/catch.hpp>

#include <system_error>
#include <unistd.h>

using namespace pickled;
using namespace pickled::detail;
using namespace pickled::multiprocessing;

TEST_CASE("a ticket is good once", "[process]") {
  const auto [reader, writer] = pipe(false);
  const ticket made = share_descriptor(writer.fileno());
  const descriptor received = redeem(made);
  CHECK(received.get() != writer.fileno());
  REQUIRE(::write(received.get(), "\0\0\0\0", 4) == 4);
  CHECK(reader.recv_bytes().empty());
  CHECK_THROWS_AS(redeem(made), std::system_error);
}

TEST_CASE("a connection travels outside of spawning too", "[process]") {
  const auto [one, two] = pipe();
  const buffer pickle = dumps(two);
  // Read twice it is the same, while it is used.
  const auto received = loads<connection>(pickle.view());
  const auto again = loads<connection>(pickle.view());
  CHECK(again.fileno() == received.fileno());
  received.send(5);
  CHECK(one.recv<int>() == 5);
}

TEST_CASE("who asks nonsense is left", "[process]") {
  const auto [one, two] = pipe();
  const ticket made = share_descriptor(two.fileno());
  CHECK_THROWS_AS(multiprocessing::client(made.owner, "wrong key"), std::system_error);
  const connection asking = multiprocessing::client(made.owner, authkey_of_process());
  asking.send("give me all");
  CHECK_THROWS_AS(asking.recv(), std::system_error);
  CHECK_THROWS_AS(redeem({made.owner, made.key + 1}), std::system_error);
  CHECK(redeem(made));
}
