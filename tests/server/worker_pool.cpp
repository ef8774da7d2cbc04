// SPDX-License-Identifier: BSL-1.0

#include "server/worker_pool.hpp"

#include "connection/thread_name.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("tasks of one turn run one after the other", "[server]") {
  const int turn = 0;
  std::vector<int> order;  // which only tasks of the turn touch
  std::promise<void> done;
  worker_pool pool(4);
  for (int i = 0; i != 100; ++i)
    pool.post(
        {static_cast<worker_pool::client>(i % 3)},
        [&, i] {
          order.push_back(i);
          if (order.size() == 100) done.set_value();
        },
        &turn);
  done.get_future().wait();
  CHECK(order.size() == 100);
}

TEST_CASE("a client has all threads but one for tasks that wait", "[server]") {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  worker_pool pool(4);
  pool.post({1}, [opened] { opened.wait(); });
  pool.post({1}, [opened] { opened.wait(); });
  pool.post({1}, [&gate] { gate.set_value(); });
  opened.wait();
}

TEST_CASE("tasks from within have threads beside those of others", "[server]") {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  worker_pool pool(2);
  std::atomic<int> begun{0};
  const auto wait = [&] {
    ++begun;
    opened.wait();
  };
  for (worker_pool::client of = 1; of != 4; ++of)
    pool.post({of}, wait);
  while (begun != 2)
    std::this_thread::yield();
  for (int i = 0; i != 10; ++i)
    pool.post({9, true}, wait);
  while (begun != 12)
    std::this_thread::yield();
  gate.set_value();
  while (!pool.idle())
    std::this_thread::yield();
  CHECK(begun == 13);
}

TEST_CASE("a task that asks for one of a turn that waits for it is refused", "[server]") {
  const int one = 0;
  const int other = 0;
  worker_pool pool(2);
  std::promise<worker_pool::refusal> free, taken;
  pool.post(
      {1},
      [&] {
        std::promise<void> done;
        const auto ask_back = [&] {
          taken.set_value(pool.post(
              {9, true, thread_name()}, [] {}, &one));
          done.set_value();
        };
        free.set_value(pool.post({9, true, thread_name()}, ask_back, &other));
        done.get_future().wait();
      },
      &one);
  CHECK(free.get_future().get() == worker_pool::refusal::none);
  CHECK(taken.get_future().get() == worker_pool::refusal::circle);
}

TEST_CASE("a task runs at once where its turn is free", "[server]") {
  const int turn = 0;
  std::promise<void> gate;
  std::promise<void> began;
  std::promise<void> passed;
  worker_pool pool(2);
  std::thread::id ran_on;
  CHECK(pool.run_here([&] { ran_on = std::this_thread::get_id(); }, &turn));
  CHECK(ran_on == std::this_thread::get_id());
  CHECK_THROWS_AS(pool.run_here([] { throw 1; }, &turn), int);
  pool.post(
      {1},
      [&] {
        began.set_value();
        gate.get_future().wait();
      },
      &turn);
  began.get_future().wait();
  CHECK_FALSE(pool.run_here([] {}, &turn));
  CHECK(pool.run_here([] {}, nullptr));
  pool.post(
      {1}, [&] { passed.set_value(); }, &turn);
  gate.set_value();
  passed.get_future().wait();
}

TEST_CASE("whoever waits for a turn that is taken here comes after it", "[server]") {
  const int turn = 0;
  std::promise<void> passed;
  worker_pool pool(2);
  CHECK(pool.run_here(
      [&] {
        pool.post(
            {1}, [&] { passed.set_value(); }, &turn);
      },
      &turn));
  passed.get_future().wait();
}

TEST_CASE("a turn that lasts holds up no other", "[server]") {
  const int one = 0;
  const int other = 0;
  std::promise<void> gate;
  std::promise<void> passed;
  std::atomic<bool> second_began{false};
  worker_pool pool(3);
  pool.post(
      {1}, [opened = gate.get_future().share()] { opened.wait(); }, &one);
  pool.post(
      {1}, [&] { second_began = true; }, &one);
  pool.post(
      {1}, [&] { passed.set_value(); }, &other);
  passed.get_future().wait();
  CHECK_FALSE(second_began);
  gate.set_value();
  while (!second_began)
    std::this_thread::yield();
}
