// SPDX-License-Identifier: BSL-1.0

#include "tests/integration/live_server.hpp"

#include <chrono>
#include <concepts>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono_literals;

namespace {

// Runs `f` on a thread, and so on a connection, of its own.
template <class F>
auto elsewhere(F f) {
  decltype(f()) result{};
  std::thread([&] { result = f(); }).join();
  return result;
}

}  // namespace

TEST_CASE("a lock is taken by guards", "[lock]") {
  const auto lock = connect().lock();
  {
    const std::lock_guard guard(lock);
    CHECK_FALSE(lock.try_lock());
    CHECK_FALSE(lock.try_lock_for(1ms));
    CHECK_FALSE(elsewhere([&] { return lock.try_lock(); }));
  }
  std::unique_lock timed(lock, 10s);
  CHECK(timed.owns_lock());
  timed.unlock();
  CHECK_THROWS_MATCHES(lock.release(), python_error, says("RuntimeError: release unlocked lock"));
  CHECK_NOTHROW(lock.unlock());
}

TEST_CASE("a lock excludes threads of this and other processes", "[lock]") {
  const auto m = connect();
  const auto lock = m.lock();
  const auto counter = m.make_value("i", 0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 25; ++n) {
        const std::lock_guard guard(lock);
        counter.set(counter.get<int>() + 1);
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(counter.get<int>() == 100);
}

TEST_CASE("an rlock belongs to its thread", "[lock]") {
  const auto lock = connect().rlock();
  const std::lock_guard outer(lock);
  const std::lock_guard inner(lock);
  CHECK_FALSE(elsewhere([&] { return lock.try_lock(); }));
  CHECK(elsewhere([&] {
          try {
            lock.release();
            return std::string();
          } catch (const python_error& error) {
            return std::string(error.what());
          }
        }) == "RuntimeError: cannot release un-acquired lock");
}

TEST_CASE("a semaphore counts", "[semaphore]") {
  const auto m = connect();
  const auto two = m.semaphore(2);
  CHECK(two.try_acquire());
  CHECK(two.try_acquire_for(10s));
  CHECK_FALSE(two.try_acquire());
  two.release();
  two.acquire();
  const auto bounded = m.bounded_semaphore(1);
  CHECK_THROWS_MATCHES(bounded.release(), python_error,
                       says("ValueError: Semaphore released too many times"));
}

TEST_CASE("an event wakes who waits for it", "[event]") {
  const auto event = connect().event();
  CHECK_FALSE(event.is_set());
  CHECK_FALSE(event.wait_for(1ms));
  std::thread waiter([&] { event.wait(); });
  event.set();
  waiter.join();
  CHECK(event.wait_for(10s));
  event.clear();
  CHECK_FALSE(event.is_set());
}

TEST_CASE("a condition is waited for under its lock", "[condition]") {
  const auto m = connect();
  const auto condition = m.condition();
  const auto items = m.list();
  int got = 0;
  std::thread consumer([&] {
    std::unique_lock lock(condition);
    condition.wait(lock, [&] { return !items.empty(); });
    got = items.pop<int>();
  });
  {
    const std::lock_guard lock(condition);
    items.push_back(5);
    condition.notify_all();
  }
  consumer.join();
  CHECK(got == 5);
  CHECK_THROWS_MATCHES(condition.notify_one(), python_error,
                       says("RuntimeError: cannot notify on un-acquired lock"));
  std::unique_lock lock(condition);
  CHECK_FALSE(condition.wait_for(1ms));
  CHECK_FALSE(condition.wait_for(lock, 1ms, [] { return false; }));
  CHECK(condition.wait_for(lock, 1ms, [] { return true; }));
}

TEST_CASE("a barrier lets all parties go at once", "[barrier]") {
  const auto barrier = connect().barrier(3);
  CHECK(barrier.parties() == 3);
  std::mutex mutex;
  std::set<int> indices;
  const auto arrive = [&] {
    const int index = barrier.arrive_and_wait();
    const std::lock_guard guard(mutex);
    indices.insert(index);
  };
  std::thread one(arrive);
  std::thread two(arrive);
  arrive();
  one.join();
  two.join();
  CHECK(indices == std::set{0, 1, 2});
  CHECK(barrier.n_waiting() == 0);
  CHECK_THROWS_MATCHES(barrier.arrive_and_wait_for(1ms), python_error,
                       says("threading.BrokenBarrierError"));
  CHECK(barrier.broken());
  barrier.reset();
  CHECK_FALSE(barrier.broken());
  barrier.abort();
  CHECK(barrier.broken());
}

namespace {

template <class L>
concept timed_lockable = requires(const L lock, std::chrono::milliseconds timeout,
                                  std::chrono::steady_clock::time_point deadline) {
  lock.lock();
  lock.unlock();
  { lock.try_lock() } -> std::same_as<bool>;
  { lock.try_lock_for(timeout) } -> std::same_as<bool>;
  { lock.try_lock_until(deadline) } -> std::same_as<bool>;
};
static_assert(timed_lockable<lock_proxy>);
static_assert(timed_lockable<rlock_proxy>);
static_assert(timed_lockable<semaphore_proxy>);
static_assert(timed_lockable<condition_proxy>);

}  // namespace

TEST_CASE("several locks are taken at once", "[lock]") {
  const auto m = connect();
  const auto one = m.lock();
  auto two = m.rlock();
  {
    const std::scoped_lock guard(one, two);
    CHECK_FALSE(one.try_lock());
    CHECK_FALSE(elsewhere([&] { return two.try_lock(); }));
  }
  std::unique_lock timed(two, std::chrono::steady_clock::now() + 10s);
  CHECK(timed.owns_lock());
}

TEST_CASE("a condition is waited for until a time", "[condition]") {
  const auto condition = connect().condition();
  std::unique_lock lock(condition);
  const auto soon = [] { return std::chrono::steady_clock::now() + 1ms; };
  CHECK(condition.wait_for(lock, 1ms) == std::cv_status::timeout);
  CHECK(condition.wait_until(lock, soon()) == std::cv_status::timeout);
  CHECK_FALSE(condition.wait_until(lock, soon(), [] { return false; }));
  CHECK(condition.wait_until(lock, soon(), [] { return true; }));
}
