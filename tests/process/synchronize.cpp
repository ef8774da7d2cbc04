// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/synchronize.hpp"

#include "pickled/convert/convert.hpp"
#include "pickled/process/reduction.hpp"
#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

using namespace pickled;
using namespace pickled::multiprocessing;
using namespace std::chrono_literals;

namespace {

bool exists(const std::string& name) {
  return std::filesystem::exists("/dev/shm/sem." + name.substr(1));
}

// As a child would read what is pickled for it.
template <class T>
T copy(const T& from) {
  const spawning child;
  const value written = to_value(from);
  return loads<T>(dumps(written).view());
}

}  // namespace

TEST_CASE("a lock is a named semaphore for as long as it is used", "[process]") {
  std::string name;
  {
    const auto made = lock::create();
    const auto other = made;
    name = made.name();
    CHECK(name.size() == 12);
    CHECK(name.starts_with("/mp-"));
    CHECK(exists(name));
    CHECK(made.try_lock());
    CHECK_FALSE(other.try_lock());
    CHECK_FALSE(other.try_lock_for(1ms));
    CHECK_FALSE(other.try_lock_until(std::chrono::system_clock::now()));
    other.unlock();
    CHECK(made.get_value() == 1);
    CHECK_THROWS_WITH(made.release(), "ValueError: semaphore or lock released too many times");
  }
  CHECK_FALSE(exists(name));
}

TEST_CASE("an RLock belongs to a thread", "[process]") {
  const auto made = rlock::create();
  CHECK_THROWS_WITH(made.release(),
                    "AssertionError: attempt to release recursive lock not owned by thread");
  made.lock();
  made.lock();
  CHECK(made.count() == 2);
  CHECK(made.is_mine());
  std::thread([&] {
    CHECK_FALSE(made.is_mine());
    CHECK_FALSE(made.try_lock());
    CHECK_THROWS_AS(made.release(), python_error);
  }).join();
  made.unlock();
  CHECK(made.is_zero());
  made.unlock();
  CHECK(made.get_value() == 1);
}

TEST_CASE("a semaphore counts", "[process]") {
  const auto bounded = bounded_semaphore::create(2);
  CHECK(bounded.try_acquire());
  CHECK(bounded.try_acquire_for(1ms));
  CHECK_FALSE(bounded.try_acquire());
  bounded.release();
  bounded.release();
  CHECK_THROWS_AS(bounded.release(), python_error);
  const auto free = semaphore::create(0);
  free.release();
  CHECK(free.try_acquire());
}

TEST_CASE("what is read of one name is one lock", "[process]") {
  const auto made = rlock::create();
  const auto read = copy(made);
  CHECK(read.name() == made.name());
  const std::lock_guard guard(made);
  CHECK(read.try_lock());
  CHECK(made.count() == 2);
  read.unlock();
}

TEST_CASE("locks are passed to children as they start alone", "[process]") {
  const auto made = lock::create();
  CHECK_THROWS_WITH(to_value(made),
                    "RuntimeError: Lock objects should only be shared between processes through "
                    "inheritance");
  CHECK(copy(semaphore::create(3)).get_value() == 3);
  CHECK(copy(bounded_semaphore::create(3)).maxvalue() == 3);
}

TEST_CASE("a lock that cannot be opened is an error", "[process]") {
  std::string pickle;
  {
    const spawning child;
    const auto gone = lock::create();
    const buffer written = dumps(to_value(gone));
    pickle = as_text(written.view());
  }
  CHECK_THROWS_WITH(loads<lock>(as_bytes(pickle)),
                    Catch::Contains("cannot open the semaphore /mp-"));
  // As fork makes it: (0, 1, 1, None)
  CHECK_THROWS_WITH(loads<lock>(as_bytes("cmultiprocessing.synchronize\nLock\n)\x81"
                                         "(K\x01K\x01K\x01Ntb.")),
                    Catch::Contains("a lock that has a name"));
  CHECK_THROWS_AS(loads<lock>(as_bytes("K\x01.")), conversion_error);
}

TEST_CASE("a condition notifies those that wait", "[process]") {
  for (const auto& made : {condition::create(), condition::create(lock::create())}) {
    const auto read = copy(made);
    CHECK_THROWS_AS(made.notify_one(), python_error);
    CHECK_THROWS_AS(made.wait(), python_error);
    int turn = 0;
    int woken = 0;
    std::vector<std::thread> waiting;
    for (int i = 0; i != 3; ++i)
      waiting.emplace_back([&] {
        const std::lock_guard guard(read);
        woken += read.wait_until(std::nullopt, [&] { return turn == 1; });
      });
    {
      const std::lock_guard guard(made);
      CHECK_FALSE(made.wait_for(1ms));
      CHECK_FALSE(made.wait_until(deadline_after(1ms), [] { return false; }));
      turn = 1;
      made.notify_all();
    }
    for (auto& each : waiting)
      each.join();
    CHECK(woken == 3);
    const std::lock_guard guard(made);
    made.notify_one();
  }
}

TEST_CASE("an event is waited for", "[process]") {
  const auto made = event::create();
  const auto read = copy(made);
  CHECK_FALSE(made.is_set());
  CHECK_FALSE(read.wait_for(1ms));
  std::thread other([&] { read.wait(); });
  made.set();
  other.join();
  CHECK(read.is_set());
  read.clear();
  CHECK_FALSE(made.is_set());
}
