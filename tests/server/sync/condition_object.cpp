// SPDX-License-Identifier: BSL-1.0

#include "server/sync/condition_object.hpp"

#include "server/sync/lock_object.hpp"
#include "server/sync/rlock_object.hpp"
#include "server/sync/semaphore_object.hpp"
#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace pickled;
using namespace pickled::detail;
using testing::client;
using testing::made_call;
using testing::make;

namespace {

const client a(1, 100);
const client b(2, 200);
const client c(3, 300);
const client d(4, 400);

// Acquires and waits.
template <class... Timeout>
made_call wait(const client& who, const std::shared_ptr<hosted>& condition, Timeout... timeout) {
  CHECK(who(condition, "acquire") == "True");
  return who(condition, "wait", timeout...);
}

std::shared_ptr<hosted> over(std::shared_ptr<acquirable> lock) {
  return std::make_shared<condition_object>(std::move(lock), false);
}

}  // namespace

TEST_CASE("notify wakes those who waited longest, once they have the lock again", "[server]") {
  const auto condition = make<condition_object>();
  const auto first = wait(a, condition);
  const auto second = wait(b, condition);
  const auto third = wait(c, condition);
  d(condition, "acquire");
  CHECK(d(condition, "notify", 2) == "None");
  CHECK(first == "waits");
  d(condition, "release");
  CHECK(first == "True");
  CHECK(second == "waits");
  a(condition, "release");
  CHECK(second == "True");
  b(condition, "release");
  CHECK(third == "waits");
  d(condition, "acquire");
  CHECK(d(condition, "notify_all") == "None");
  d(condition, "release");
  CHECK(third == "True");
}

TEST_CASE("a wait frees all levels of the lock, and takes them again", "[server]") {
  const auto condition = make<condition_object>();
  a(condition, "acquire");
  const auto waiting = wait(a, condition);
  b(condition, "acquire");
  b(condition, "notify");
  b(condition, "release");
  CHECK(waiting == "True");
  CHECK(a(condition, "release") == "None");
  CHECK(a(condition, "release") == "None");
  CHECK(a(condition, "locked") == "False");
}

TEST_CASE("a wait whose time is up still has to get the lock", "[server]") {
  const auto condition = make<condition_object>();
  const auto waiting = wait(a, condition, 1);
  SECTION("that is free") {
    waiting.expire();
    CHECK(waiting == "False");
    CHECK(a(condition, "release") == "None");
  }
  SECTION("that another has") {
    b(condition, "acquire");
    waiting.expire();
    CHECK(waiting == "waits");
    CHECK(b(condition, "notify_all") == "None");
    waiting.expire();
    b(condition, "release");
    CHECK(waiting == "False");
  }
  SECTION("after it was notified in time") {
    b(condition, "acquire");
    b(condition, "notify");
    waiting.expire();
    CHECK(waiting == "waits");
    b(condition, "release");
    CHECK(waiting == "True");
  }
}

TEST_CASE("a wait of no time lets others have the lock first", "[server]") {
  const auto condition = make<condition_object>();
  a(condition, "acquire");
  const auto next = b(condition, "acquire");
  const auto waited = a(condition, "wait", 0);
  CHECK(next == "True");
  CHECK(waited == "waits");
  b(condition, "release");
  CHECK(waited == "False");
}

TEST_CASE("a notification is passed on when the notified never reads it", "[server]") {
  const auto condition = make<condition_object>();
  const auto first = wait(a, condition);
  const auto second = wait(b, condition);
  const auto third = wait(c, condition);
  d(condition, "acquire");
  d(condition, "notify");
  SECTION("and is gone before it has the lock") {
    first.withdraw();
    d(condition, "release");
    CHECK_FALSE(first.woken());
  }
  SECTION("and is gone after") {
    d(condition, "release");
    CHECK(first == "True");
    first.give_back();
    first.give_back();
  }
  SECTION("and its session has ended before") {
    d(condition, "release");
    a.gone(condition, departure::session_ended);
    first.give_back();
  }
  CHECK(second == "True");
  CHECK(third == "waits");
  CHECK(b(condition, "release") == "None");
  CHECK(third == "waits");
}

TEST_CASE("nothing is passed on by one who was not notified", "[server]") {
  const auto condition = make<condition_object>();
  const auto first = wait(a, condition, 1);
  const auto second = wait(b, condition);
  SECTION("and is gone") {
    first.withdraw();
  }
  SECTION("and whose time was up") {
    first.expire();
    CHECK(first == "False");
    first.give_back();
  }
  CHECK(second == "waits");
  CHECK(c(condition, "acquire", false) == "True");
  c(condition, "notify");
  c(condition, "release");
  CHECK(second == "True");
}

TEST_CASE("only its owner waits and notifies on a condition", "[server]") {
  const auto condition = make<condition_object>();
  a(condition, "acquire");
  CHECK(b(condition, "wait") == "RuntimeError: cannot wait on un-acquired lock");
  CHECK(b(condition, "notify") == "RuntimeError: cannot notify on un-acquired lock");
  CHECK(b(condition, "notify_all") == "RuntimeError: cannot notify on un-acquired lock");
}

TEST_CASE("a condition shares the lock that it is given", "[server]") {
  const std::shared_ptr<acquirable> locks[] = {std::make_shared<lock_object>(),
                                               std::make_shared<rlock_object>(),
                                               std::make_shared<semaphore_object>(1, true)};
  for (const auto& lock : locks) {
    const auto condition = over(lock);
    const auto other_condition = over(lock);
    CHECK(a(lock, "acquire") == "True");
    const auto waiting = a(condition, "wait");
    CHECK(waiting == "waits");
    const auto other_waiting = wait(b, other_condition);
    CHECK(c(lock, "acquire") == "True");
    CHECK(c(condition, "notify_all") == "None");
    CHECK(c(condition, "release") == "None");
    CHECK(waiting == "True");
    CHECK(other_waiting == "waits");
    CHECK(b(lock, "acquire", false) == "False");
    CHECK(a(lock, "release") == "None");
    CHECK(condition->repr(200) == fmt::format("<Condition({}, 0)>", lock->repr(200)));
  }
}

TEST_CASE("acquirers and notified waiters share one line", "[server]") {
  const auto lock = std::make_shared<lock_object>();
  const auto condition = over(lock);
  const auto waiting = wait(a, condition);
  b(lock, "acquire");
  const auto before = c(lock, "acquire");
  b(condition, "notify");
  const auto after = d(lock, "acquire");
  b(lock, "release");
  CHECK(before == "True");
  c(lock, "release");
  CHECK(waiting == "True");
  a(lock, "release");
  CHECK(after == "True");
}

TEST_CASE("a wait that releases too often fails, and waits not", "[server]") {
  const auto condition = over(std::make_shared<semaphore_object>(0, true));
  CHECK(a(condition, "wait") == "ValueError: Semaphore released too many times");
  CHECK(condition->repr(200).ends_with(", 0)>"));
}

TEST_CASE("the lock of a condition goes with its session", "[server]") {
  const auto condition = make<condition_object>();
  a(condition, "acquire");
  const auto waiting = b(condition, "acquire");
  CHECK(a.gone(condition, departure::session_ended) == settlement::released);
  CHECK(waiting == "True");
}

TEST_CASE("a condition poisons only a lock of its own", "[server]") {
  const std::string dead = "RuntimeError: its holder (pid 100) died without releasing it";
  const auto condition = make<condition_object>();
  condition->set_holder_death(holder_death::poison);
  const auto waiting = wait(b, condition, 1);
  a(condition, "acquire");
  a(condition, "notify");
  CHECK(a.gone(condition, departure::process_crashed) == settlement::poisoned);
  CHECK(waiting == dead);
  waiting.give_back();
  CHECK(b(condition, "acquire") == dead);

  const auto lock = std::make_shared<lock_object>();
  const auto sharing = over(lock);
  sharing->set_holder_death(holder_death::poison);
  a(sharing, "acquire");
  CHECK(a.gone(sharing, departure::process_crashed) == settlement::released);
}

TEST_CASE("a wait whose time is up while the lock is poisoned fails", "[server]") {
  const auto condition = make<condition_object>();
  condition->set_holder_death(holder_death::poison);
  const auto waiting = wait(b, condition, 1);
  a(condition, "acquire");
  a.gone(condition, departure::session_ended);
  CHECK(waiting == "waits");
  waiting.expire();
  CHECK(waiting == "RuntimeError: its holder (pid 100) died without releasing it");
}
