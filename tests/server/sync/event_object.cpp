// SPDX-License-Identifier: BSL-1.0

#include "server/sync/event_object.hpp"

#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>

using namespace pickled;
using namespace pickled::detail;
using testing::client;
using testing::make;

TEST_CASE("set wakes everyone who waits for an event", "[server]") {
  const auto event = make<event_object>();
  const auto a = client(1)(event, "wait");
  const auto b = client(2)(event, "wait", 60);
  CHECK(a == "waits");
  CHECK(b == "waits");
  CHECK(client(3)(event, "set") == "None");
  CHECK(a == "True");
  CHECK(b == "True");
  CHECK(client(1)(event, "wait") == "True");
}

TEST_CASE("a wait for an event that is cleared at once still succeeds", "[server]") {
  const auto event = make<event_object>();
  const auto a = client(1)(event, "wait");
  client(2)(event, "set");
  client(2)(event, "clear");
  CHECK(a == "True");
  CHECK(client(1)(event, "wait") == "waits");
}

TEST_CASE("a wait for an event ends at its deadline", "[server]") {
  const auto event = make<event_object>();
  const auto a = client(1)(event, "wait", 0.5);
  const auto b = client(2)(event, "wait");
  CHECK(a.pending()->deadline().has_value());
  CHECK_FALSE(b.pending()->deadline().has_value());
  a.expire();
  CHECK(a == "False");
  CHECK(b == "waits");
  client(3)(event, "set");
  CHECK(a == "False");
  CHECK(b == "True");
  b.expire();
  CHECK(b == "True");
}

TEST_CASE("a client that is gone no longer waits for an event", "[server]") {
  const auto event = make<event_object>();
  const auto a = client(1)(event, "wait");
  const auto b = client(2)(event, "wait");
  a.withdraw();
  client(3)(event, "set");
  CHECK_FALSE(a.woken());
  CHECK(b == "True");
  b.give_back();
  CHECK(client(3)(event, "is_set") == "True");
}

TEST_CASE("an event lives as long as somebody waits for it", "[server]") {
  std::weak_ptr<hosted> watch;
  {
    auto event = make<event_object>();
    watch = event;
    const auto a = client(1)(event, "wait");
    event.reset();
    CHECK_FALSE(watch.expired());
    a.withdraw();
  }
  CHECK(watch.expired());
}
