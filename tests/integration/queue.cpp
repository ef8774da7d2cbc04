// SPDX-License-Identifier: BSL-1.0

#include "tests/integration/live_server.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono_literals;

TEST_CASE("a queue hands over values in order", "[queue]") {
  const auto q = connect().queue();
  q.put(1);
  q.put(std::tuple("two", 2.5));
  CHECK(q.size() == 2);
  CHECK(q.get<int>() == 1);
  CHECK(q.get<std::tuple<std::string, double>>() == std::tuple(std::string("two"), 2.5));
  CHECK(q.empty());
}

TEST_CASE("a queue that is empty or full can be tried", "[queue]") {
  const auto q = connect().queue(1);
  CHECK(q.try_get<int>() == std::nullopt);
  CHECK(q.try_get_for<int>(1ms) == std::nullopt);
  CHECK(q.try_put(5));
  CHECK(q.full());
  CHECK_FALSE(q.try_put(6));
  CHECK_FALSE(q.try_put_for(6, 1ms));
  CHECK(q.try_get_for<int>(10s) == 5);
  CHECK_THROWS_AS(q.call("get_nowait"), python_error);
}

TEST_CASE("get waits for what another thread puts", "[queue]") {
  const auto q = connect().queue(2);
  std::vector<int> got;
  std::thread consumer([&] {
    for (int i = 0; i < 100; ++i)
      got.push_back(q.get<int>());
  });
  for (int i = 0; i < 100; ++i)
    q.put(i);
  consumer.join();
  CHECK(got.size() == 100);
  CHECK(std::is_sorted(got.begin(), got.end()));
}

TEST_CASE("join waits until every item is done with", "[queue]") {
  const auto q = connect().joinable_queue();
  const auto done = connect().make_value("i", 0);
  q.put(1);
  q.put(2);
  std::thread worker([&] {
    for (int i = 0; i < 2; ++i) {
      done.set(q.get<int>());
      q.task_done();
    }
  });
  q.join();
  CHECK(done.get<int>() == 2);
  worker.join();
  CHECK_THROWS_MATCHES(q.task_done(), python_error,
                       says("ValueError: task_done() called too many times"));
}
