// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/queue_lock.hpp"

#include "connection/process_stat.hpp"
#include "pickled/connection/socket.hpp"
#include "pickled/process/pipe.hpp"
#include "pickled/process/queues.hpp"
#include "pickled/process/reduction.hpp"
#include "process/feeder.hpp"
#include "process/queue_reader.hpp"
#include "process/queue_room.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

using namespace pickled;
using namespace pickled::detail;
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

TEST_CASE("who waits for a message frees what the dead have", "[process]") {
  const auto ends = pipe(false);
  const queue_reader from(ends.first, queue_lock::create(), queue_lock::create());
  const killed_child child([&] { from.lock().lock(); });
  std::thread waiting([&] { from.receive(std::nullopt, {}); });
  // As a process of CPython's does, which knows nothing of it.
  CHECK(from.lock().plain().acquire_until(deadline_after(10s)));
  from.lock().plain().release();
  ends.second.send_bytes(dumps(1));
  waiting.join();
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

TEST_CASE("a process whose first thread has ended is not dead", "[process]") {
  const auto lock = queue_lock::create();
  const pid_t child = ::fork();
  if (child == 0) {
    // Clang's and GCC's thread sanitizers allow no thread after a fork: by the system's own means.
    static char stack[64 << 10];
    lock.lock();
    ::clone([](void*) { return static_cast<int>(::syscall(SYS_pause)); }, stack + sizeof stack,
            CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
            nullptr);
    ::syscall(SYS_exit, 0);
  }
  while (process_stat_of(child)->state != 'Z')
    std::this_thread::sleep_for(1ms);
  CHECK_FALSE(lock.acquire_until(deadline_after(250ms)));
  ::kill(child, SIGKILL);
  CHECK(lock.acquire_until(deadline_after(10s)));
  lock.unlock();
  ::waitpid(child, nullptr, 0);
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

TEST_CASE("who reads what a killed writer left unfinished is told of", "[process]") {
  const auto writers = queue_lock::create();
  const auto ends = pipe(false);
  const queue_reader from(ends.first, queue_lock::create(), writers);
  const killed_child child([&] {
    const std::string header("\0\1\0\0", 4);
    writers.lock();
    writers.enter(queue_lock::phase::amid);
    for (const std::string_view part : {std::string_view(header), std::string_view("\x80\4half")})
      [[maybe_unused]] const auto count = ::write(ends.second.fileno(), part.data(), part.size());
  });
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i != 2; ++i) {
    try {
      from.receive(deadline_after(10s), {});
      FAIL("it was received");
    } catch (const std::system_error& error) {
      CHECK(error.code() == std::errc::owner_dead);
    }
  }
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("a joinable queue goes on when a process dies with its condition", "[process]") {
  const auto q = joinable_queue::create();
  const spawning scope;
  arena where;
  value_builder b(where);
  const auto state = state_items(to_value(q, b), {"multiprocessing.queues", "JoinableQueue"}, 10);
  const queue_lock lock(state[8].get<condition>().lock_of());
  // As amid a put or task_done.
  const killed_child child([&] { lock.lock(); });
  q.put(1);
  CHECK(q.get<int>() == 1);
  q.task_done();
  q.join();
}

TEST_CASE("who died with a small message, or a part of it, took none of the next", "[process]") {
  const auto ends = pipe(false);
  const connection& to = ends.second;
  const queue_reader from(ends.first, queue_lock::create(), queue_lock::create());
  const auto put = [&to](std::string_view text) { to.send_bytes(dumps(text)); };
  // What is received after a reader was killed that had read as many bytes.
  const auto after_death = [&from](std::size_t bytes) {
    const killed_child child([&from, bytes] {
      from.lock().lock();
      from.lock().enter(queue_lock::phase::small);
      std::array<std::byte, 100> taken{};
      [[maybe_unused]] const auto count = ::read(from.from().fileno(), taken.data(), bytes);
    });
    return loads<std::string>(from.receive(deadline_after(10s), {})->view());
  };
  put("first");
  CHECK(after_death(0) == "first");
  put("second");
  put("third");
  CHECK(after_death(sizeof(std::int32_t) + dumps(std::string_view("second")).size()) == "third");
  put("fourth");
  put("fifth");
  CHECK(after_death(sizeof(std::int32_t)) == "fourth");
  CHECK(loads<std::string>(from.receive(deadline_after(10s), {})->view()) == "fifth");
  CHECK_FALSE(from.receive(deadline_after(1ms), {}));
}

TEST_CASE("what waits for a queue that is dead is given up at once", "[process]") {
  constexpr int waiting = 200;
  const auto ends = pipe(false);
  const auto lock = queue_lock::create();
  const auto room = std::make_shared<queue_room>(bounded_semaphore::create(waiting));
  const killed_child child([&] {
    lock.lock();
    lock.for_message([] { ::raise(SIGKILL); });
  });
  const auto begin = std::chrono::steady_clock::now();
  feeder out(ends.second, lock, room, false);
  for (int i = 0; i != waiting; ++i) {
    room->acquire_until(std::nullopt);
    out.put(dumps(i));
  }
  const auto error_of = [](const auto& call) -> std::error_code {
    try {
      call();
    } catch (const std::system_error& error) {
      return error.code();
    }
    return {};
  };
  while (!error_of([&] { out.check(); }))
    std::this_thread::sleep_for(1ms);
  CHECK(error_of([&] { out.check(); }) == std::errc::owner_dead);
  out.close();
  CHECK(error_of([&] { out.join(); }) == std::errc::owner_dead);
  CHECK(room->places().get_value() == waiting);
  // Not a tenth of a second for each.
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
}

TEST_CASE("what was not written when its writer died has no place", "[process]") {
  queue_room room(bounded_semaphore::create(3));
  int tasks = 0;
  const auto lose_task = [&tasks] { ++tasks; };
  {
    const killed_child child([&] {
      for (int i = 0; i != 3; ++i) {
        room.acquire_until(std::nullopt);
        room.count_task();
      }
      // What is in the pipe, or will be: its reader gives the place back.
      room.hand_on(2);
      room.take_again();
    });
    CHECK(room.places().is_zero());
    room.reclaim(lose_task);
  }
  CHECK(room.places().get_value() == 2);
  CHECK(tasks == 2);
  room.release();
  // Those of the living stay.
  room.acquire_until(std::nullopt);
  queue_room(room.places()).reclaim(lose_task);
  CHECK(room.places().get_value() == 2);
}
