// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/queue_lock.hpp"

#include "pickled/process/queues.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

using namespace pickled;
using namespace pickled::multiprocessing;
using namespace std::chrono_literals;

namespace {

// A child that does that and is killed, and that nobody waits for while this lives.
class killed_child {
 public:
  explicit killed_child(const std::function<void()>& first) : pid_(::fork()) {
    if (pid_ == 0) {
      first();
      ::raise(SIGKILL);
    }
    siginfo_t info;
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }
  ~killed_child() { ::waitpid(pid_, nullptr, 0); }
  killed_child(const killed_child&) = delete;
  killed_child& operator=(const killed_child&) = delete;

 private:
  pid_t pid_;
};

}  // namespace

TEST_CASE("a queue's lock outlives who died with it", "[process]") {
  const auto lock = queue_lock::create();
  for (int i = 0; i != 2; ++i) {
    const killed_child child([&] { lock.lock(); });
    CHECK(lock.plain().is_zero());
    CHECK(lock.acquire_until(deadline_after(1s)));
    CHECK_FALSE(lock.try_acquire());
    lock.unlock();
    CHECK(lock.plain().get_value() == 1);
  }
}

TEST_CASE("who died amid a message is told of", "[process]") {
  const auto lock = queue_lock::create();
  const killed_child child([&] {
    lock.lock();
    lock.for_message([] { ::raise(SIGKILL); });
  });
  for (int i = 0; i != 2; ++i) {
    try {
      lock.acquire_until(deadline_after(10s));
      FAIL("it was acquired");
    } catch (const std::system_error& error) {
      CHECK(error.code() == std::errc::owner_dead);
    }
  }
}

TEST_CASE("a queue's lock that is held stays so", "[process]") {
  const auto lock = queue_lock::create();
  lock.lock();
  std::thread([&] { CHECK_FALSE(lock.acquire_until(deadline_after(250ms))); }).join();
  lock.unlock();
  // As a process of CPython's would have it: nobody is written down.
  lock.plain().acquire();
  CHECK_FALSE(lock.acquire_until(deadline_after(250ms)));
  lock.plain().release();
  CHECK(lock.try_acquire());
  lock.unlock();
}

TEST_CASE("a queue goes on when processes die with its locks", "[process]") {
  const auto q = simple_queue::create();
  // Half a message is in the pipe for ever: readers find out, writers too.
  const std::string large(1'000'000, 'x');
  {
    const killed_child child([&] {
      // A process, for after a fork the thread sanitizer allows no thread.
      const pid_t writer = ::getpid();
      if (::fork() == 0) {
        while (!q.reader().poll(1s)) {
        }
        ::kill(writer, SIGKILL);
        ::_exit(0);
      }
      q.put(large);
    });
    CHECK_THROWS_AS(q.put(1), std::system_error);
  }
}
