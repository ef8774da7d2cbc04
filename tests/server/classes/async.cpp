// SPDX-License-Identifier: BSL-1.0

#include "pickled/server/async.hpp"

#include "pickled/proxy/connection_error.hpp"
#include "tests/server/classes/served_program.hpp"

#include <asio/awaitable.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono_literals;

namespace {

std::atomic<int> sleepers_begun{0};
std::atomic<int> sleepers_ended{0};

// Waits for as long as nobody cancels it.
asio::awaitable<void> sleep_for_ever() {
  struct count {
    count() { ++sleepers_begun; }
    ~count() { ++sleepers_ended; }
  } const counted;
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> next_turn() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
}

struct sleeper {
  std::string name = "sleeper";

  asio::awaitable<void> sleep() { return sleep_for_ever(); }
  // What it is given lives as long as it runs.
  asio::awaitable<std::string> join(const std::string& a, std::string_view b, std::string c) const {
    co_await next_turn();
    co_return a + std::string(b) + c + name;
  }
  asio::awaitable<std::shared_ptr<sleeper>> other() {
    co_await next_turn();
    auto made = std::make_shared<sleeper>();
    made->name = "other";
    co_return made;
  }
  asio::awaitable<int> fail(bool soon) {
    if (!soon) co_await next_turn();
    throw std::out_of_range("far");
  }
  int count() { return 3; }
};

type_registry sleepers() {
  type_registry made;
  made.add<sleeper>("Sleeper")
      .constructor<>()
      .method("sleep", &sleeper::sleep)
      .method("join", &sleeper::join, arg("a"), arg("b"), arg("c", "!"))
      .method("other", &sleeper::other)
      .method("fail", &sleeper::fail, arg("soon"))
      .method("count", &sleeper::count);
  made.function("waited", [](int n) -> asio::awaitable<int> {
    co_await next_turn();
    if (n < 0) throw std::invalid_argument("less than nothing");
    co_return n + 1;
  });
  return made;
}

struct async_server : served_program {
  async_server() : served_program(sleepers(), {.call_threads = 2}) {}
};

}  // namespace

TEST_CASE_METHOD(async_server, "coroutines are methods", "[server]") {
  const auto made = clients().create("Sleeper");
  CHECK(made.call("join", "a", std::string(1000, 'b'), "c").get<std::string>() ==
        "a" + std::string(1000, 'b') + "csleeper");
  CHECK(made.call("join", "a", keyword{"b", "b"}).get<std::string>() == "ab!sleeper");
  const auto other = made.call("other").get<base_proxy>();
  CHECK(other.call("join", "", "", "").get<std::string>() == "other");
  for (const bool soon : {true, false})
    CHECK(error_of([&] { made.call("fail", soon); }) == "IndexError: far");
  CHECK(error_of([&] { made.call("join"); }) ==
        "TypeError: Sleeper.join() missing 2 required positional arguments: 'a' and 'b'");
  CHECK(error_of([&] { made.call("join", 1, "b"); }) ==
        "TypeError: Sleeper.join() argument 'a': expected str, got int");
}

TEST_CASE_METHOD(async_server, "a coroutine is cancelled with its caller", "[server]") {
  const auto made = clients().create("Sleeper");
  const int begun = sleepers_begun;
  const int ended = sleepers_ended;
  // More than there are threads.
  constexpr int sleeping = 10;
  std::vector<std::thread> callers;
  std::atomic<int> timed_out{0};
  for (int i = 0; i != sleeping; ++i)
    callers.emplace_back([&] {
      try {
        // So long that others are served meanwhile.
        with_timeout(made, 500ms).call("sleep");
      } catch (const connection_error&) {
        ++timed_out;
      }
    });
  CHECK(made.call("count").get<int>() == 3);
  for (std::thread& each : callers)
    each.join();
  CHECK(timed_out == sleeping);
  while (sleepers_ended - ended != sleeping)
    std::this_thread::yield();
  CHECK(sleepers_begun - begun == sleeping);
  CHECK(made.call("count").get<int>() == 3);
}

TEST_CASE("coroutines that wait do not keep a server", "[server]") {
  const int begun = sleepers_begun;
  const int ended = sleepers_ended;
  std::thread caller;
  std::string lost;
  {
    const async_server served;
    const auto made = served.clients().create("Sleeper");
    caller = std::thread([&lost, made] {
      try {
        made.call("sleep");
      } catch (const connection_error&) {
        lost = "lost";
      }
    });
    while (sleepers_begun == begun)
      std::this_thread::yield();
  }
  CHECK(sleepers_ended - ended == 1);
  caller.join();
  CHECK(lost == "lost");
}

TEST_CASE_METHOD(async_server, "coroutines are functions", "[server]") {
  CHECK(clients().create("waited", 4).get_value<int>() == 5);
  CHECK(error_of([&] { clients().create("waited", -1); }).find("less than nothing") !=
        std::string::npos);
}
