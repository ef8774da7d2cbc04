// SPDX-License-Identifier: BSL-1.0

#include "server/sync/barrier_object.hpp"

#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>

using namespace pickled;
using namespace pickled::detail;
using testing::client;
using testing::make;

namespace {

const client a(1);
const client b(2);
const client c(3);
constexpr const char* broken = "threading.BrokenBarrierError";

std::string state(const std::shared_ptr<hosted>& barrier) {
  return a(barrier, "__getattribute__", "n_waiting").text() +
         (a(barrier, "__getattribute__", "broken") == "True" ? " broken" : "");
}

}  // namespace

TEST_CASE("a barrier lets all parties through when the last arrives", "[server]") {
  const auto barrier = make<barrier_object>(frozen::integer(3));
  for (int round = 0; round < 2; ++round) {
    const auto first = a(barrier, "wait");
    const auto second = b(barrier, "wait", 60);
    CHECK(first == "waits");
    CHECK(state(barrier) == "2");
    CHECK(c(barrier, "wait") == "2");
    CHECK(first == "0");
    CHECK(second == "1");
    CHECK(state(barrier) == "0");
  }
}

TEST_CASE("a wait at a barrier that times out breaks it", "[server]") {
  const auto barrier = make<barrier_object>(frozen::integer(3));
  const auto first = a(barrier, "wait");
  const auto second = b(barrier, "wait", 1);
  second.expire();
  CHECK(first == broken);
  CHECK(second == broken);
  CHECK(state(barrier) == "0 broken");
  CHECK(c(barrier, "wait") == broken);
  CHECK(c(barrier, "reset") == "None");
  CHECK(state(barrier) == "0");
  CHECK(c(barrier, "wait") == "waits");
}

TEST_CASE("the timeout of a barrier is that of waits without one", "[server]") {
  const auto barrier = make<barrier_object>(frozen::integer(2), frozen::none(), frozen::real(60));
  const auto waiting = a(barrier, "wait", nullptr);
  REQUIRE(waiting.pending()->deadline().has_value());
  const auto left = *waiting.pending()->deadline() - std::chrono::steady_clock::now();
  CHECK(left > std::chrono::seconds(30));
  CHECK(left <= std::chrono::seconds(60));
}

TEST_CASE("a wait of no time breaks a barrier", "[server]") {
  const auto barrier = make<barrier_object>(frozen::integer(3));
  const auto first = a(barrier, "wait");
  CHECK(b(barrier, "wait", 0) == broken);
  CHECK(first == broken);
}

TEST_CASE("abort breaks a barrier, reset lets it start again", "[server]") {
  const auto barrier = make<barrier_object>(frozen::integer(2));
  const auto aborted = a(barrier, "wait");
  b(barrier, "abort");
  CHECK(aborted == broken);
  CHECK(state(barrier) == "0 broken");
  b(barrier, "reset");
  const auto reset = a(barrier, "wait");
  b(barrier, "reset");
  CHECK(reset == broken);
  CHECK(state(barrier) == "0");
  const auto passed = a(barrier, "wait");
  CHECK(b(barrier, "wait") == "1");
  CHECK(passed == "0");
}

TEST_CASE("who arrived at a barrier stays counted when it is gone", "[server]") {
  const auto barrier = make<barrier_object>(frozen::integer(3));
  const auto gone = a(barrier, "wait");
  const auto waiting = b(barrier, "wait");
  gone.withdraw();
  CHECK(state(barrier) == "2");
  CHECK(c(barrier, "wait") == "2");
  CHECK(waiting == "1");
  CHECK_FALSE(gone.woken());
  waiting.give_back();
  CHECK(state(barrier) == "0");
}

TEST_CASE("a poisoned barrier breaks when a waiter is gone", "[server]") {
  const auto barrier = make<barrier_object>(frozen::integer(3));
  barrier->set_holder_death(holder_death::poison);
  const auto gone = a(barrier, "wait");
  const auto waiting = b(barrier, "wait");
  gone.withdraw();
  CHECK(waiting == broken);
  CHECK(state(barrier) == "0 broken");
}

TEST_CASE("a barrier with an action is refused by its name", "[server]") {
  splicer action;
  action.global("tasks", "step");
  arguments args({frozen::integer(2), std::move(action).freeze()});
  try {
    barrier_object::create(args);
    FAIL("made");
  } catch (const python_error& error) {
    CHECK(std::string(error.what()) ==
          "NotImplementedError: Barrier action tasks.step: this server runs no functions");
  }
  arguments number({frozen::integer(2), frozen::integer(5)});
  CHECK_THROWS_WITH(barrier_object::create(number), "TypeError: 'int' object is not callable");
}
