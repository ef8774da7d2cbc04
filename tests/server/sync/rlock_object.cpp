// SPDX-License-Identifier: BSL-1.0

#include "server/sync/rlock_object.hpp"

#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>

using namespace pickled;
using namespace pickled::detail;
using testing::client;
using testing::make;

namespace {

const client a(1, 100);
const client a_too(2, 100);
const client b(3, 200);
const client remote(4);
constexpr const char* not_yours = "RuntimeError: cannot release un-acquired lock";

}  // namespace

TEST_CASE("an RLock belongs to one session, as often as it acquires it", "[server]") {
  const auto lock = make<rlock_object>();
  CHECK(a(lock, "acquire") == "True");
  CHECK(a(lock, "acquire") == "True");
  CHECK(a_too(lock, "acquire", false) == "False");
  CHECK(a_too(lock, "release") == not_yours);
  const auto waiting = b(lock, "acquire");
  CHECK(a(lock, "acquire") == "True");  // though others wait
  CHECK(a(lock, "release") == "None");
  CHECK(a(lock, "release") == "None");
  CHECK(waiting == "waits");
  CHECK(a(lock, "release") == "None");
  CHECK(waiting == "True");
  CHECK(a(lock, "release") == not_yours);
  CHECK(b(lock, "locked") == "True");
  CHECK(b(lock, "release") == "None");
  CHECK(b(lock, "locked") == "False");
}

TEST_CASE("an RLock goes with its session, whatever its level", "[server]") {
  for (const client& holder : {a, remote}) {
    const auto lock = make<rlock_object>();
    holder(lock, "acquire");
    holder(lock, "acquire");
    const auto waiting = b(lock, "acquire");
    CHECK(a_too.gone(lock, departure::session_ended) == settlement::held_nothing);
    CHECK(holder.gone(lock, departure::session_ended) == settlement::released);
    CHECK(waiting == "True");
    CHECK(b(lock, "release") == "None");
  }
}

TEST_CASE("an RLock goes with the process of its session", "[server]") {
  const auto lock = make<rlock_object>();
  a(lock, "acquire");
  CHECK(b.gone(lock, departure::process_crashed) == settlement::held_nothing);
  CHECK(remote.gone(lock, departure::process_crashed) == settlement::held_nothing);
  CHECK(a_too.gone(lock, departure::process_crashed) == settlement::held_nothing);
  CHECK(a.gone(lock, departure::process_crashed) == settlement::released);
  CHECK(b(lock, "acquire") == "True");
}

TEST_CASE("a level of an RLock that was never read is given back", "[server]") {
  const auto lock = make<rlock_object>();
  a(lock, "acquire");
  const auto inner = a(lock, "acquire");
  inner.give_back();
  CHECK(a(lock, "release") == "None");
  CHECK(a(lock, "locked") == "False");
  inner.give_back();
  CHECK(a(lock, "locked") == "False");
}

TEST_CASE("an RLock granted to a session that is gone goes to the next", "[server]") {
  const auto lock = make<rlock_object>();
  a(lock, "acquire");
  const auto gone = b(lock, "acquire");
  const auto next = a_too(lock, "acquire");
  a(lock, "release");
  CHECK(gone == "True");
  SECTION("first its session ends") {
    b.gone(lock, departure::session_ended);
    CHECK(next == "True");
    gone.withdraw();
  }
  SECTION("first it is given back") {
    gone.withdraw();
    CHECK(next == "True");
    b.gone(lock, departure::session_ended);
  }
  CHECK(a_too(lock, "release") == "None");
  CHECK(a_too(lock, "locked") == "False");
}

TEST_CASE("an RLock that is kept belongs to nobody", "[server]") {
  const auto lock = make<rlock_object>();
  lock->set_holder_death(holder_death::keep);
  a(lock, "acquire");
  CHECK(a.gone(lock, departure::session_ended) == settlement::kept);
  CHECK(a.gone(lock, departure::process_left) == settlement::held_nothing);
  CHECK(b(lock, "acquire", false) == "False");
  CHECK(b(lock, "release") == not_yours);
}

TEST_CASE("a poisoned RLock fails until anybody releases it", "[server]") {
  const auto lock = make<rlock_object>();
  lock->set_holder_death(holder_death::poison);
  a(lock, "acquire");
  a(lock, "acquire");
  const auto waiting = b(lock, "acquire");
  CHECK(a.gone(lock, departure::session_ended) == settlement::poisoned);
  const std::string dead = "RuntimeError: its holder (pid 100) died without releasing it";
  CHECK(waiting == dead);
  CHECK(b(lock, "acquire") == dead);
  CHECK(b(lock, "release") == "None");
  CHECK(b(lock, "acquire") == "True");
}

TEST_CASE("an RLock shows its owner and its level", "[server]") {
  const auto lock = make<rlock_object>();
  a(lock, "acquire");
  a(lock, "acquire");
  CHECK(lock->repr(100).starts_with("<locked _thread.RLock object owner=1 count=2 at 0x"));
}
