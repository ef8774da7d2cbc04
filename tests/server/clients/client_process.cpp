// SPDX-License-Identifier: BSL-1.0

#include "server/clients/client_process.hpp"

#include "tests/server/clients/child.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>

using namespace pickled;
using namespace pickled::detail;

namespace {

constexpr int exited_with(int code) {
  return code << 8;
}

constexpr bool owes = true;
constexpr bool gave_back = true;
constexpr auto crashed = departure::process_crashed;
constexpr auto left = departure::process_left;
constexpr auto ended = departure::process_ended;

}  // namespace

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

TEST_CASE("how a process ended is read from its status and its references", "[server]") {
  struct {
    std::optional<int> wait_status;
    bool owes;
    bool gave_back;
    departure expected;
  } const rows[] = {
      {SIGKILL, !owes, !gave_back, crashed},      {SIGTERM, !owes, gave_back, crashed},
      {SIGKILL, owes, !gave_back, crashed},       {exited_with(0), owes, !gave_back, crashed},
      {exited_with(3), owes, gave_back, crashed}, {exited_with(0), !owes, gave_back, left},
      {exited_with(1), !owes, gave_back, left},   {exited_with(0), !owes, !gave_back, left},
      {exited_with(1), !owes, !gave_back, ended}, {std::nullopt, owes, !gave_back, crashed},
      {std::nullopt, !owes, gave_back, left},     {std::nullopt, !owes, !gave_back, ended},
  };
  for (const auto& row : rows)
    CHECK(how_it_ended(row.wait_status, row.owes, row.gave_back) == row.expected);
}

TEST_CASE("the end of a client is put in words", "[server]") {
  CHECK(how_text(departure::session_ended, std::nullopt) == "hung up");
  CHECK(how_text(crashed, SIGKILL) == "was killed by signal 9");
  CHECK(how_text(left, exited_with(3)) == "exited with 3");
  CHECK(how_text(ended, std::nullopt) == "died");
}
