// SPDX-License-Identifier: BSL-1.0

#include "server/clients/client_process.hpp"

#include "tests/server/clients/child.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace pickled;

TEST_CASE("a process is known by its pid and start", "[server]") {
  const auto self = client_process::open(::getpid());
  REQUIRE(self != nullptr);
  CHECK(self->identity().pid == ::getpid());
  CHECK(self->identity().start_time != 0);
  CHECK_FALSE(self->dead());
  CHECK(client_process::open(::getpid())->identity() == self->identity());

  child other;
  CHECK_FALSE(client_process::open(other.pid())->identity() == self->identity());
}

TEST_CASE("no process is seen behind pid 0", "[server]") {
  CHECK(client_process::open(0) == nullptr);
}

TEST_CASE("a process that is dead when it is looked for is known to be", "[server]") {
  child gone;
  gone.kill();
  REQUIRE(client_process::open(gone.pid()) != nullptr);
  CHECK(client_process::open(gone.pid())->dead());
  gone.reap();
  const auto reaped = client_process::open(gone.pid());
  REQUIRE(reaped != nullptr);
  CHECK(reaped->dead());
  CHECK(reaped->identity().pid == gone.pid());
  CHECK_FALSE(wait_status_of(*reaped).has_value());
}

TEST_CASE("the status of a dead process is known while nobody has waited for it", "[server]") {
  child killed;
  const auto process = client_process::open(killed.pid());
  REQUIRE(process != nullptr);
  CHECK_FALSE(wait_status_of(*process).has_value());
  killed.kill();
  CHECK(process->dead());
  CHECK(wait_status_of(*process) == SIGKILL);
}

TEST_CASE("its status is known after, or not at all", "[server]") {
  child ending;
  const auto process = client_process::open(ending.pid());
  REQUIRE(process != nullptr);
  ending.exit(3);
  ending.reap();
  CHECK(process->dead());
  // Linux tells since 6.15.
  const auto status = wait_status_of(*process);
  CHECK((!status || *status == 3 << 8));
}
