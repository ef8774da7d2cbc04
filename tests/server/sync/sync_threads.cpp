// SPDX-License-Identifier: BSL-1.0

// Many threads at once, for the thread sanitizer as much as for the results.

#include "server/sync/barrier_object.hpp"
#include "server/sync/condition_object.hpp"
#include "server/sync/event_object.hpp"
#include "server/sync/lock_object.hpp"
#include "server/sync/queue_object.hpp"
#include "server/sync/rlock_object.hpp"
#include "server/sync/semaphore_object.hpp"
#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

using namespace pickled;
using namespace pickled::detail;
using testing::client;
using testing::made_call;

namespace {

constexpr int threads = 4;
constexpr int rounds = 500;

void in_threads(const std::function<void(int)>& run) {
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i)
    running.emplace_back(run, i);
  for (std::thread& t : running)
    t.join();
}

client session(int thread) {
  return client(static_cast<std::uint64_t>(thread) + 1, 100 + thread);
}

// A session that has nothing else to do.
std::string finish(const made_call& call) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (call.waits()) {
    // Not to be caught: the others would wait for this thread.
    if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("a call waits for ever");
    std::this_thread::yield();
  }
  return call.text();
}

}  // namespace

TEST_CASE("locks guard what many threads change", "[server]") {
  const std::shared_ptr<hosted> locks[] = {
      std::make_shared<lock_object>(), std::make_shared<rlock_object>(),
      std::make_shared<semaphore_object>(1, false), std::make_shared<semaphore_object>(1, true),
      testing::make<condition_object>()};
  for (const auto& lock : locks) {
    int guarded = 0;
    in_threads([&](int thread) {
      const client who = session(thread);
      for (int i = 0; i < rounds; ++i) {
        finish(who(lock, "acquire"));
        ++guarded;
        who(lock, "release");
      }
    });
    CHECK(guarded == threads * rounds);
  }
}

TEST_CASE("a lock survives deadlines, departures and lost replies", "[server]") {
  const auto lock = std::make_shared<lock_object>();
  int guarded = 0;
  std::atomic<int> held = 0;
  in_threads([&](int thread) {
    const client who = session(thread);
    std::mt19937 random(static_cast<unsigned>(thread));
    for (int i = 0; i < rounds; ++i) {
      const made_call call = who(lock, "acquire", true, 60);
      const unsigned fate = random() % 4;
      if (fate == 0) {
        call.withdraw();
        continue;
      }
      if (fate == 1) call.expire();
      if (finish(call) == "False") continue;
      ++guarded;
      ++held;
      fate == 2 ? call.give_back() : static_cast<void>(who(lock, "release"));
    }
  });
  CHECK(guarded == held);
  CHECK(session(0)(lock, "locked") == "False");
}

TEST_CASE("a queue loses and doubles nothing", "[server]") {
  const auto queue = std::make_shared<queue_object>(3);
  std::mutex mutex;
  std::multiset<std::string> read;
  in_threads([&](int thread) {
    const client who = session(thread);
    std::mt19937 random(static_cast<unsigned>(thread));
    if (thread % 2 == 0) {
      for (int i = 0; i < rounds; ++i)
        finish(who(queue, "put", thread * rounds + i));
      return;
    }
    for (int i = 0; i < rounds;) {
      const made_call call = who(queue, "get", true, 60);
      const unsigned fate = random() % 4;
      if (fate == 0) {
        call.withdraw();
        continue;
      }
      if (fate == 1) call.expire();
      const std::string item = finish(call);
      if (item == "queue.Empty") continue;
      if (fate == 2) {
        call.give_back();
        continue;
      }
      const std::lock_guard guard(mutex);
      read.insert(item);
      ++i;
    }
  });
  CHECK(read.size() == threads / 2 * rounds);
  CHECK(std::set<std::string>(read.begin(), read.end()).size() == read.size());
  CHECK(session(0)(queue, "empty") == "True");
}

TEST_CASE("a condition hands turns around", "[server]") {
  const auto condition = testing::make<condition_object>();
  int turn = 0;
  in_threads([&](int thread) {
    const client who = session(thread);
    for (int i = 0; i < rounds; ++i) {
      finish(who(condition, "acquire"));
      while (turn % threads != thread)
        finish(who(condition, "wait"));
      ++turn;
      who(condition, "notify_all");
      who(condition, "release");
    }
  });
  CHECK(turn == threads * rounds);
}

TEST_CASE("a notification is not lost with those who are gone", "[server]") {
  const auto condition = testing::make<condition_object>();
  int stock = 0;
  int taken = 0;
  in_threads([&](int thread) {
    const client who = session(thread);
    std::mt19937 random(static_cast<unsigned>(thread));
    for (int i = 0; i < rounds;) {
      finish(who(condition, "acquire"));
      if (thread % 2 == 0) {
        ++stock;
        who(condition, "notify");
        ++i;
      } else {
        bool gone = false;
        while (!gone && stock == 0) {
          const made_call call = who(condition, "wait");
          gone = random() % 3 == 0;
          if (gone)
            call.withdraw();
          else
            finish(call);
        }
        if (gone) continue;  // as another session of the same number, with no lock
        --stock;
        ++taken;
        ++i;
      }
      who(condition, "release");
    }
  });
  CHECK(taken == threads / 2 * rounds);
  CHECK(stock == 0);
}

TEST_CASE("a barrier keeps threads in step", "[server]") {
  const auto barrier = std::make_shared<barrier_object>(threads, std::nullopt);
  std::atomic<int> arrived = 0;
  std::atomic<int> ahead = 0;
  in_threads([&](int thread) {
    const client who = session(thread);
    for (int i = 0; i < rounds; ++i) {
      ++arrived;
      finish(who(barrier, "wait"));
      if (arrived < (i + 1) * threads) ++ahead;
    }
  });
  CHECK(ahead == 0);
}

TEST_CASE("an event wakes all threads however they race", "[server]") {
  for (int i = 0; i < rounds / 10; ++i) {
    const auto event = std::make_shared<event_object>();
    in_threads([&](int thread) {
      const client who = session(thread);
      if (thread == 0)
        who(event, "set");
      else
        finish(who(event, "wait"));
    });
    CHECK(session(0)(event, "is_set") == "True");
  }
}

TEST_CASE("holders die while others wait for their lock", "[server]") {
  const auto lock = testing::make<rlock_object>();
  int guarded = 0;
  in_threads([&](int thread) {
    for (int i = 0; i < rounds; ++i) {
      const client who(static_cast<std::uint64_t>(i * threads + thread + 1));
      finish(who(lock, "acquire"));
      ++guarded;
      who.gone(lock, departure::session_ended);
    }
  });
  CHECK(guarded == threads * rounds);
}
