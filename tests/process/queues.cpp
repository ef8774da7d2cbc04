// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/queues.hpp"

#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace pickled;
using namespace pickled::multiprocessing;
using namespace std::chrono_literals;

TEST_CASE("a simple queue hands items on", "[process]") {
  const auto made = simple_queue::create();
  CHECK(made.empty());
  made.put(std::vector{1, 2});
  CHECK_FALSE(made.empty());
  CHECK(made.get<std::vector<int>>() == std::vector{1, 2});
  made.writer().close();
  CHECK_THROWS_AS(made.get(), std::system_error);
}

TEST_CASE("many take from one simple queue", "[process]") {
  const auto made = simple_queue::create();
  std::atomic<long> sum = 0;
  std::vector<std::thread> takers;
  for (int i = 0; i != 4; ++i)
    takers.emplace_back([&] {
      for (long item = made.get<long>(); item != 0; item = made.get<long>())
        sum += item;
    });
  for (long i = 1; i != 1001; ++i)
    made.put(i);
  for (int i = 0; i != 4; ++i)
    made.put(0);
  for (auto& each : takers)
    each.join();
  CHECK(sum == 500500);
}

TEST_CASE("a queue keeps what its pipe does not take", "[process]") {
  const auto made = queue::create();
  for (long i = 0; i != 20'000; ++i)
    made.put(i);
  made.put(std::string(300'000, 'x'));
  CHECK(made.size() == 20'001);
  CHECK_FALSE(made.full());
  for (long i = 0; i != 20'000; ++i)
    REQUIRE(made.get<long>() == i);
  CHECK(made.get<std::string>().size() == 300'000);
  CHECK(made.empty());
  CHECK(made.size() == 0);
}

TEST_CASE("a bounded queue is full", "[process]") {
  const auto made = queue::create(2);
  CHECK(made.try_put(1));
  CHECK(made.try_put_for(2, 1ms));
  CHECK(made.full());
  CHECK_FALSE(made.try_put(3));
  CHECK_FALSE(made.try_put_for(3, 1ms));
  CHECK(made.try_get<int>() == 1);
  CHECK(made.try_get_for<int>(1ms) == 2);
  CHECK_FALSE(made.try_get<int>());
  CHECK_FALSE(made.try_get_for<int>(1ms));
}

TEST_CASE("a queue that is closed takes nothing", "[process]") {
  const auto made = queue::create();
  made.put(1);
  made.close();
  made.join_thread();
  CHECK_THROWS_WITH(made.put(2), "ValueError: Queue is closed");
}

TEST_CASE("what need not be fed holds nobody up", "[process]") {
  const auto made = queue::create();
  made.put(std::string(300'000, 'x'));
  made.cancel_join_thread();
}

TEST_CASE("tasks are counted until they are done", "[process]") {
  const auto made = joinable_queue::create();
  made.join();
  made.put(1);
  made.put(2);
  std::thread worker([&] {
    for (int i = 0; i != 2; ++i) {
      made.get();
      made.task_done();
    }
  });
  made.join();
  worker.join();
  CHECK_THROWS_WITH(made.task_done(), "ValueError: task_done() called too many times");
}
