// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/barrier.hpp"

#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace pickled;
using namespace pickled::multiprocessing;
using namespace std::chrono_literals;

TEST_CASE("all parties meet, again and again", "[process]") {
  const auto made = barrier::create(3);
  std::atomic<int> sum = 0;
  std::vector<std::thread> parties;
  for (int i = 0; i != 3; ++i)
    parties.emplace_back([&] {
      for (int round = 0; round != 20; ++round)
        sum += made.arrive_and_wait();
    });
  for (auto& each : parties)
    each.join();
  CHECK(sum == 20 * (0 + 1 + 2));
  CHECK(made.n_waiting() == 0);
}

TEST_CASE("a barrier breaks for all, until it is reset", "[process]") {
  const auto made = barrier::create(2);
  CHECK_THROWS_WITH(made.arrive_and_wait_for(1ms), "threading.BrokenBarrierError");
  CHECK(made.broken());
  CHECK_THROWS_AS(made.arrive_and_wait(), python_error);
  made.reset();
  CHECK_FALSE(made.broken());
  bool broke = false;
  std::thread other([&] {
    try {
      made.arrive_and_wait();
    } catch (const python_error&) {
      broke = true;
    }
  });
  while (made.n_waiting() == 0)
    std::this_thread::yield();
  made.abort();
  other.join();
  CHECK(broke);
  CHECK_THROWS_AS(barrier::create(0), python_error);
}
