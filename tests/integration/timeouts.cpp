// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/connection_error.hpp"
#include "pickled/proxy/lock_lost.hpp"
#include "tests/integration/live_server.hpp"

#include <chrono>
#include <string>
#include <system_error>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("a call gives up after its time, and the next one reads its own answer", "[timeouts]") {
  const auto m = connect();
  const auto q = m.queue();
  const auto hasty = with_timeout(q, 50ms);
  try {
    hasty.get();
    FAIL("there was nothing to get");
  } catch (const connection_error& error) {
    CHECK(error.code() == std::errc::timed_out);
    CHECK_THAT(error.what(), Contains("Queue.get at " + m.server().text()));
  }
  q.put("late");
  CHECK(q.size() <= 1);
  const auto d = m.dict();
  d["k"] = "v";
  CHECK(d.get<std::string>("k") == "v");
}

TEST_CASE("a manager's options hold for all its calls", "[timeouts]") {
  call_options options;
  options.call_timeout = 1s;
  const auto m =
      manager::connect(environment("PICKLED_SERVER"), environment("PICKLED_AUTHKEY"), options);
  CHECK_THROWS_AS(m.event().wait(), std::system_error);
  CHECK(m.list().empty());
}

TEST_CASE("a lock that goes with its connection is told lost, once", "[timeouts]") {
  const auto m = connect();
  const auto lock = m.rlock();
  const auto q = m.queue();
  lock.acquire();
  lock.acquire();
  CHECK_THROWS_AS(with_timeout(q, 50ms).get(), std::system_error);
  CHECK_THROWS_MATCHES(q.size(), lock_lost,
                       says("the connection to " + m.server().text() +
                            " was lost, and with it 2 locks that this thread held"));
  CHECK(q.size() == 0);
}

// CPython's server leaves it held for ever.
TEST_CASE("a lock that was lost can be acquired again", "[timeouts][released]") {
  const auto m = connect();
  const auto lock = m.rlock();
  lock.acquire();
  CHECK_THROWS_AS(with_timeout(m.event(), 50ms).wait(), std::system_error);
  CHECK_THROWS_AS(lock.release(), lock_lost);
  CHECK(lock.try_lock_for(10s));
  lock.release();
}

TEST_CASE("an item that does not fit is in the exception", "[timeouts]") {
  const auto m = connect();
  const auto q = m.queue();
  q.put("text");
  try {
    q.get<int>();
    FAIL("a str is no int");
  } catch (const unconverted_item& error) {
    CHECK(error.item().get<std::string>() == "text");
    CHECK(std::string(error.what()) == "Queue.get(): expected int, got str");
  }
  CHECK(q.empty());
  const auto d = m.dict(keyword{"k", 1.5});
  CHECK_THROWS_AS(d.pop<std::string>("k"), unconverted_item);
  const auto l = m.list(std::vector{1.5});
  CHECK_THROWS_AS(l.pop<std::string>(), unconverted_item);
}

TEST_CASE("an object of another type is no such proxy", "[timeouts]") {
  const auto m = connect();
  const auto objects = m.number_of_objects();
  CHECK_THROWS_MATCHES(
      m.get<dict_proxy<>>("Queue"), conversion_error,
      says("$: expected an object with the method setdefault, got one of the type Queue"));
  CHECK(m.number_of_objects() == objects);
}
