// SPDX-License-Identifier: BSL-1.0

#include "server/wire/delivery.hpp"

#include "tests/server/support.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <sys/socket.h>
#include <unistd.h>

using namespace pickled;
using namespace pickled::detail;

namespace {

// A cell that grants at once, and the two ends of a unix socket.
struct fixture {
  fixture() { ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends); }
  ~fixture() {
    ::close(ends[0]);
    ::close(ends[1]);
  }

  void grant() {
    splicer reply;
    call c({}, {1, {}}, reply, [] {});
    target->pass_at_once(c);
    grants.reserve();
    grants.add(c.waiting());
    CHECK(::write(ends[0], "reply", 5) == 5);
  }
  void read_it() {
    char text[5];
    CHECK(::read(ends[1], text, 5) == 5);
  }

  int ends[2];
  std::shared_ptr<cell> target = std::make_shared<cell>();
  delivery grants;
};

}  // namespace

TEST_CASE_METHOD(fixture, "what is delivered cannot be given back", "[server]") {
  grant();
  grants.delivered();
  grants.give_back();
  CHECK(target->returns() == 0);
}

TEST_CASE_METHOD(fixture, "what is not delivered is given back once", "[server]") {
  grant();
  grant();
  grants.give_back();
  grants.give_back();
  CHECK(target->returns() == 2);
}

TEST_CASE_METHOD(fixture, "what lies unread at two looks is given back", "[server]") {
  grant();
  grants.look_for_reader(ends[0]);
  CHECK(target->returns() == 0);
  grants.look_for_reader(ends[0]);
  CHECK(target->returns() == 1);
}

TEST_CASE_METHOD(fixture, "what was read stays granted", "[server]") {
  grant();
  grants.look_for_reader(ends[0]);
  read_it();
  grants.look_for_reader(ends[0]);
  grants.look_for_reader(ends[0]);
  CHECK(target->returns() == 0);
}
