// SPDX-License-Identifier: BSL-1.0

// Processes that are killed at any moment. Each test goes on for as many seconds as
// $PICKLED_KILL_SECONDS says, or for two. Where that is said, it is run by hand, and nobody else
// makes semaphores meanwhile: then none may be left.

#include "pickled/process/pool.hpp"
#include "pickled/process/process.hpp"
#include "pickled/process/queues.hpp"
#include "tests/integration/live_pool.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iostream>
#include <list>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace pickled::multiprocessing;
using namespace std::chrono_literals;

namespace {

constexpr auto never = 60s;  // so long nothing takes that does not hang

const char* const said = std::getenv("PICKLED_KILL_SECONDS");

std::chrono::seconds killing_time() {
  return std::chrono::seconds(said != nullptr ? std::atoi(said) : 2);
}

// What a family of processes must not leave behind.
struct left_behind {
  std::ptrdiff_t files = entries_of("/proc/self/fd");
  std::ptrdiff_t memory = said != nullptr ? entries_of("/dev/shm") : 0;

  static std::ptrdiff_t entries_of(const char* directory) {
    const std::filesystem::directory_iterator begin(directory);
    return std::distance(begin, {});
  }
};

void check_nothing_is_left(const left_behind& before) {
  const left_behind now;
  CHECK(now.files == before.files);
  CHECK(now.memory == before.memory);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

class random_numbers {
 public:
  // At most `most`.
  std::size_t operator()(std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(0, most)(engine_);
  }
  void pause(std::chrono::microseconds most) {
    std::this_thread::sleep_for(
        std::chrono::microseconds((*this)(static_cast<std::size_t>(most.count()))));
  }

 private:
  std::mt19937 engine_{std::random_device{}()};
};

// Kills workers of a pool, whatever they do, until it is told to stop.
class killer {
 public:
  killer(const pool& of, std::chrono::microseconds longest_pause)
      : thread_([this, &of, longest_pause] {
          random_numbers random;
          while (!stopped_) {
            random.pause(longest_pause);
            std::vector<worker_info> living = of.workers();
            std::erase_if(living, [](const worker_info& w) { return !w.alive; });
            if (living.empty()) continue;
            const pid_t pid = living[random(living.size() - 1)].pid;
            const std::lock_guard guard(mutex_);
            if (::kill(pid, SIGKILL) == 0) killed_.insert(pid);
          }
        }) {}
  ~killer() { stop(); }
  killer(const killer&) = delete;
  killer& operator=(const killer&) = delete;

  void stop() {
    stopped_ = true;
    if (thread_.joinable()) thread_.join();
  }
  bool has_killed(pid_t pid) const {
    const std::lock_guard guard(mutex_);
    return killed_.count(pid) != 0;
  }
  std::size_t count() const {
    const std::lock_guard guard(mutex_);
    return killed_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::set<pid_t> killed_;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

struct expected_task {
  std::string function;
  long result;
  std::future<long> long_result;
  std::string text;
  std::future<std::string> text_result;
};

// Short tasks, and such whose arguments and results are read and written for a while.
expected_task give_task(pool& to, const std::string& module, random_numbers& random) {
  expected_task task;
  if (random(3) == 0) {
    task.function = module == "tasks" ? "tasks.same" : "jobs.echo";
    task.text.assign(random(500'000), 'x');
    task.text_result = to.submit<std::string>(task.function, task.text);
  } else {
    const auto n = static_cast<long>(random(1000));
    task.function = module + ".square";
    task.result = n * n;
    task.long_result = to.submit<long>(task.function, n);
  }
  return task;
}

// Whether it failed, by nothing but a kill.
bool check_task(expected_task task, const killer& by) {
  try {
    if (task.text_result.valid()) {
      REQUIRE(task.text_result.wait_for(never) == std::future_status::ready);
      const bool right = task.text_result.get() == task.text;
      REQUIRE(right);
    } else {
      REQUIRE(task.long_result.wait_for(never) == std::future_status::ready);
      const long result = task.long_result.get();
      REQUIRE(result == task.result);
    }
    return false;
  } catch (const worker_died& died) {
    REQUIRE(died.function() == task.function);
    REQUIRE(died.exit_code() == -SIGKILL);
    REQUIRE(by.has_killed(died.pid()));
    return true;
  }
}

void kill_workers(const pool_options& options, const std::vector<std::string>& modules,
                  std::chrono::microseconds longest_pause) {
  // What a process has once stays open.
  pool(options).apply("jobs.square", 2);
  const left_behind before;
  std::size_t done = 0;
  std::size_t failed = 0;
  std::size_t killed = 0;
  {
    random_numbers random;
    pool workers(options);
    killer kills(workers, longest_pause);
    std::list<expected_task> tasks;
    const auto take = [&] {
      ++(check_task(std::move(tasks.front()), kills) ? failed : done);
      tasks.pop_front();
    };
    const auto end = std::chrono::steady_clock::now() + killing_time();
    while (std::chrono::steady_clock::now() < end) {
      tasks.push_back(give_task(workers, modules[random(modules.size() - 1)], random));
      if (tasks.size() > 64) take();
    }
    while (!tasks.empty())
      take();
    kills.stop();
    killed = kills.count();
    workers.close();
    workers.join();
  }
  std::cout << killed << " workers killed: " << done << " tasks done, " << failed << " failed\n";
  CHECK(killed != 0);
  CHECK(done != 0);
  check_nothing_is_left(before);
}

}  // namespace

TEST_CASE("workers in C++ are killed at any moment", "[pool][kills]") {
  kill_workers({.cpp_workers = 3, .cpp_worker = jobs_worker()}, {"jobs"}, 60ms);
}

TEST_CASE("workers of a mixed pool are killed at any moment", "[pool][kills]") {
  kill_workers({.python_workers = 2, .cpp_workers = 2, .cpp_worker = jobs_worker()},
               {"jobs", "tasks"}, 400ms);
}

TEST_CASE("processes that share a queue are killed at any moment", "[process][kills]") {
  const std::string item(3000, 'x');
  const process_options in_worker{.spawn = {.executable = jobs_worker()}, .daemon = true};
  {
    // What a process has once stays open.
    const auto q = queue::create(1);
    process first(in_worker, "jobs.take_all", q);
    first.start();
    first.kill();
    first.join();
  }
  const left_behind before;
  std::size_t killed = 0;
  std::size_t taken = 0;
  std::size_t dead = 0;
  {
    random_numbers random;
    const auto end = std::chrono::steady_clock::now() + killing_time();
    while (std::chrono::steady_clock::now() < end) {
      const auto q = queue::create(30);
      std::list<process> family;
      // Writers in front, a reader in the back.
      const auto start = [&](bool writer) {
        if (writer)
          family.emplace_front(in_worker, "jobs.put_many", q, 1'000'000, item).start();
        else
          family.emplace_back(in_worker, "jobs.take_all", q).start();
      };
      for (const bool writer : {true, true, false})
        start(writer);
      try {
        while (std::chrono::steady_clock::now() < end) {
          for (std::size_t n = random(50); n != 0; --n) {
            const auto got = q.try_get_for<std::string>(never);
            REQUIRE(got.has_value());
            REQUIRE((*got == item));
            ++taken;
          }
          const bool writer = random(2) != 0;
          auto victim = writer ? family.begin() : std::prev(family.end());
          victim->kill();
          victim->join();
          ++killed;
          family.erase(victim);
          start(writer);
        }
      } catch (const std::system_error& error) {
        // One died between the two reads of a message: the next family has another queue.
        REQUIRE(error.code() == std::errc::owner_dead);
        ++dead;
      }
      for (process& each : family)
        each.kill();
    }
  }
  std::cout << killed << " processes killed: " << taken << " items taken, " << dead
            << " queues dead\n";
  CHECK(killed != 0);
  CHECK(taken != 0);
  check_nothing_is_left(before);
}
