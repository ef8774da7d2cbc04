// SPDX-License-Identifier: BSL-1.0

#include "server/sync/lock_object.hpp"

#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>

using namespace pickled;
using namespace pickled::detail;
using testing::client;
using testing::make;

namespace {

const client a(1, 100);
const client a_too(2, 100);  // another session of the same process
const client b(3, 200);
const client c(4, 300);
const client remote(5);  // of an unknown process
const client remote_too(6);

}  // namespace

TEST_CASE("a lock goes to those who wait in the order in which they came", "[server]") {
  const auto lock = make<lock_object>();
  CHECK(a(lock, "acquire") == "True");
  const auto second = b(lock, "acquire");
  const auto third = c(lock, "acquire", true, 60);
  const auto again = a(lock, "acquire");
  CHECK(second == "waits");
  CHECK(b(lock, "acquire", false) == "False");
  CHECK(c(lock, "release") == "None");
  CHECK(second == "True");
  CHECK(third == "waits");
  CHECK(c(lock, "acquire", false) == "False");
  b(lock, "release");
  CHECK(third == "True");
  CHECK(again == "waits");
  c(lock, "release");
  CHECK(again == "True");
  a(lock, "release");
  CHECK(a(lock, "locked") == "False");
  CHECK(a(lock, "release") == "RuntimeError: release unlocked lock");
}

TEST_CASE("an acquire ends at its deadline or with its client", "[server]") {
  const auto lock = make<lock_object>();
  a(lock, "acquire");
  const auto expired = b(lock, "acquire", true, 1);
  const auto withdrawn = b(lock, "acquire");
  const auto served = c(lock, "acquire");
  expired.expire();
  CHECK(expired == "False");
  withdrawn.withdraw();
  a(lock, "release");
  CHECK(served == "True");
  CHECK_FALSE(withdrawn.woken());
  served.expire();
  CHECK(served == "True");
}

TEST_CASE("a lock whose new holder never read so goes to the next", "[server]") {
  const auto lock = make<lock_object>();
  const auto first = a(lock, "acquire");
  const auto second = b(lock, "acquire");
  const auto third = c(lock, "acquire");
  first.give_back();
  CHECK(second == "True");
  second.withdraw();
  CHECK(third == "True");
  third.give_back();
  third.give_back();
  CHECK(c(lock, "locked") == "False");
}

TEST_CASE("a lock that was released since is not given back", "[server]") {
  const auto lock = make<lock_object>();
  const auto first = a(lock, "acquire");
  b(lock, "release");
  CHECK(b(lock, "acquire") == "True");
  first.give_back();
  CHECK(b(lock, "locked") == "True");
}

TEST_CASE("a lock is released when its holder crashed", "[server]") {
  for (const departure how : {departure::process_crashed, departure::process_ended}) {
    const auto lock = make<lock_object>();
    a(lock, "acquire");
    const auto waiting = b(lock, "acquire");
    CHECK(a.gone(lock, departure::session_ended) == settlement::deferred);
    CHECK(waiting == "waits");
    CHECK(a_too.gone(lock, how) == settlement::held_nothing);
    CHECK(a.gone(lock, how) == settlement::released);
    CHECK(waiting == "True");
    CHECK(a_too.gone(lock, how) == settlement::held_nothing);
  }
}

TEST_CASE("a lock is kept when its holder left in order", "[server]") {
  const auto lock = make<lock_object>();
  a(lock, "acquire");
  CHECK(a.gone(lock, departure::process_left) == settlement::kept);
  CHECK(b(lock, "locked") == "True");
  CHECK(b(lock, "release") == "None");
}

TEST_CASE("a lock that one process releases for another is a signal", "[server]") {
  const auto lock = make<lock_object>();
  a(lock, "acquire");
  b(lock, "release");
  a(lock, "acquire");
  CHECK(a.gone(lock, departure::process_crashed) == settlement::held_nothing);
  CHECK(b(lock, "locked") == "True");
}

TEST_CASE("a lock that another session of its process releases is a guard", "[server]") {
  const auto lock = make<lock_object>();
  a(lock, "acquire");
  a_too(lock, "release");
  a(lock, "acquire");
  CHECK(a.gone(lock, departure::process_crashed) == settlement::released);
}

TEST_CASE("a lock of an unknown process is kept unless the policy says otherwise", "[server]") {
  const auto lock = make<lock_object>();
  remote(lock, "acquire");
  CHECK(remote.gone(lock, departure::session_ended) == settlement::kept);
  CHECK(a(lock, "locked") == "True");

  const auto released = make<lock_object>();
  released->set_holder_death(holder_death::release);
  remote(released, "acquire");
  const auto waiting = remote_too(released, "acquire");
  CHECK(remote.gone(released, departure::session_ended) == settlement::released);
  CHECK(waiting == "True");
}

TEST_CASE("a poisoned lock fails until somebody releases it", "[server]") {
  const auto lock = make<lock_object>();
  lock->set_holder_death(holder_death::poison);
  const std::string dead = "RuntimeError: its holder (pid 100) died without releasing it";
  a(lock, "acquire");
  const auto waiting = b(lock, "acquire");
  CHECK(a.gone(lock, departure::process_crashed) == settlement::poisoned);
  CHECK(waiting == dead);
  waiting.give_back();
  CHECK(c(lock, "acquire") == dead);
  CHECK(c(lock, "acquire", false) == dead);
  CHECK(c(lock, "locked") == "True");
  CHECK(c(lock, "release") == "None");
  CHECK(c(lock, "acquire") == "True");
}

TEST_CASE("the policy to keep keeps a lock whatever happens", "[server]") {
  const auto lock = make<lock_object>();
  lock->set_holder_death(holder_death::keep);
  a(lock, "acquire");
  CHECK(a.gone(lock, departure::process_crashed) == settlement::kept);
  CHECK(b(lock, "locked") == "True");
}
