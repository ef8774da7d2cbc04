// SPDX-License-Identifier: BSL-1.0

#include "server/clients/settle.hpp"

#include "tests/server/support.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <optional>

using namespace pickled;

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

TEST_CASE("an object that is gone holds nothing", "[server]") {
  const holder nobody{{1, {}}, "127.0.0.1:1", {}};
  CHECK(settle_claim({}, nobody, crashed, SIGKILL) == settlement::held_nothing);
}
