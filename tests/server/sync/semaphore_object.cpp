// SPDX-License-Identifier: BSL-1.0

#include "server/sync/semaphore_object.hpp"

#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace pickled;
using namespace pickled::detail;
using testing::client;

namespace {

const client a(1, 100);
const client b(2, 200);
const client c(3, 300);
const client remote(4);

std::shared_ptr<hosted> semaphore(int value) {
  return std::make_shared<semaphore_object>(value, false);
}
std::shared_ptr<hosted> bounded(int value) {
  return std::make_shared<semaphore_object>(value, true);
}

bool has_value(const std::shared_ptr<hosted>& object, std::string_view value) {
  return object->repr(100).find(fmt::format(" value={}>", value)) != std::string::npos;
}

}  // namespace

TEST_CASE("permits go to those who wait in the order in which they came", "[server]") {
  const auto s = semaphore(2);
  CHECK(a(s, "acquire") == "True");
  CHECK(a(s, "acquire") == "True");
  CHECK(a(s, "locked") == "True");
  const auto first = b(s, "acquire");
  const auto second = c(s, "acquire", true, 60);
  const auto third = a(s, "acquire");
  CHECK(c(s, "acquire", false) == "False");
  CHECK(a(s, "release", 2) == "None");
  CHECK(first == "True");
  CHECK(second == "True");
  CHECK(third == "waits");
  CHECK(has_value(s, "0"));
  CHECK(c(s, "release", 3) == "None");
  CHECK(third == "True");
  CHECK(has_value(s, "2"));
}

TEST_CASE("a wait for a permit ends at its deadline or with its client", "[server]") {
  const auto s = semaphore(0);
  const auto expired = a(s, "acquire", true, 1);
  const auto withdrawn = b(s, "acquire");
  const auto served = c(s, "acquire");
  expired.expire();
  withdrawn.withdraw();
  CHECK(expired == "False");
  a(s, "release");
  CHECK(served == "True");
  CHECK_FALSE(withdrawn.woken());
}

TEST_CASE("a permit that nobody read of is given back", "[server]") {
  const auto s = semaphore(1);
  const auto first = a(s, "acquire");
  const auto second = b(s, "acquire");
  first.give_back();
  CHECK(second == "True");
  second.give_back();
  second.give_back();
  CHECK(has_value(s, "1"));
}

TEST_CASE("a permit given back does not pass the bound", "[server]") {
  const auto s = bounded(1);
  const auto first = a(s, "acquire");
  b(s, "release");
  first.give_back();
  CHECK(has_value(s, "1/1"));

  const auto free = semaphore(1);
  const auto taken = a(free, "acquire");
  b(free, "release");
  taken.give_back();
  CHECK(has_value(free, "2"));
}

TEST_CASE("the permits of a crashed process are released", "[server]") {
  for (const auto& s : {semaphore(3), bounded(3)}) {
    a(s, "acquire");
    a(s, "acquire");
    b(s, "acquire");
    const auto waiting = c(s, "acquire");
    CHECK(a.gone(s, departure::session_ended) == settlement::deferred);
    CHECK(a.gone(s, departure::process_crashed) == settlement::released);
    CHECK(waiting == "True");
    CHECK(c(s, "acquire", false) == "True");
    CHECK(c(s, "acquire", false) == "False");
  }
}

TEST_CASE("permits are kept unless it is known that their holder crashed", "[server]") {
  for (const departure how : {departure::process_left, departure::process_ended}) {
    const auto s = semaphore(1);
    a(s, "acquire");
    CHECK(a.gone(s, how) == settlement::kept);
    CHECK(has_value(s, "0"));
  }
  const auto s = semaphore(1);
  remote(s, "acquire");
  CHECK(remote.gone(s, departure::session_ended) == settlement::kept);
}

TEST_CASE("a semaphore used as a counter is never touched", "[server]") {
  const auto s = semaphore(0);
  const auto first = a(s, "acquire");
  b(s, "release", 3);
  CHECK(first == "True");
  a(s, "acquire");
  CHECK(a.gone(s, departure::process_crashed) == settlement::held_nothing);
  CHECK(b.gone(s, departure::process_crashed) == settlement::held_nothing);
  CHECK(has_value(s, "1"));
}

TEST_CASE("a semaphore is not raised above its initial value for the dead", "[server]") {
  const auto s = semaphore(2);
  s->set_holder_death(holder_death::release);
  a(s, "acquire");
  a(s, "acquire");
  CHECK(a.gone(s, departure::process_left) == settlement::released);
  CHECK(has_value(s, "2"));
}

TEST_CASE("a poisoned semaphore fails until somebody releases it", "[server]") {
  const auto s = semaphore(2);
  s->set_holder_death(holder_death::poison);
  a(s, "acquire");
  CHECK(a.gone(s, departure::process_ended) == settlement::poisoned);
  CHECK(b(s, "acquire") == "RuntimeError: its holder (pid 100) died without releasing it");
  CHECK(b(s, "release") == "None");
  CHECK(b(s, "acquire") == "True");
  CHECK(b(s, "acquire") == "True");
  CHECK(b(s, "acquire", false) == "False");
}

TEST_CASE("permits beyond any count are cut, not overflown", "[server]") {
  const auto s = semaphore(1);
  const frozen huge = frozen::integer(std::numeric_limits<std::int64_t>::max());
  CHECK(a(s, "release", huge) == "None");
  CHECK(a(s, "release", huge) == "None");
  CHECK(has_value(s, "4611686018427387903"));
  CHECK(a(s, "acquire") == "True");
}
