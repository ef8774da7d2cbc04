// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/async.hpp"

#include "tests/integration/live_server.hpp"
#include "tests/integration/restarted_server.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <future>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

std::error_code code_in(const std::exception_ptr& failure) {
  return code_of([&] { std::rethrow_exception(failure); });
}

// Runs what it is given until nothing is under way.
template <class Work>
void run(Work work) {
  asio::io_context io;
  asio::co_spawn(io, std::move(work), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
  io.run();
}

}  // namespace

TEST_CASE("a coroutine calls without blocking", "[async]") {
  const auto m = connect();
  const auto d = m.dict<std::string, int>(keyword{"k", 5});
  const auto work = [&]() -> asio::awaitable<void> {
    async_connection calls(co_await asio::this_coro::executor, m);
    CHECK(co_await calls.async_call<int>(d, "get", "k", asio::use_awaitable) == 5);
    co_await calls.async_call<void>(d, "__setitem__", "k", 6, asio::use_awaitable);
    const value all = co_await calls.async_call(d, "copy", asio::use_awaitable);
    CHECK(all["k"].get<int>() == 6);
    std::error_code refused;
    try {
      co_await calls.async_call(d, "no_such_method", asio::use_awaitable);
    } catch (const remote_error& error) {
      refused = error.code();
    }
    CHECK(refused == proxy_errc::no_such_method);
    std::string raised;
    try {
      co_await calls.async_call(d, "__getitem__", "missing", asio::use_awaitable);
    } catch (const python_error& error) {
      raised = error.what();
    }
    CHECK(raised == "KeyError: 'missing'");
    bool unfit = false;
    try {
      co_await calls.async_call<std::string>(d, "get", "k", asio::use_awaitable);
    } catch (const conversion_error&) {
      unfit = true;
    }
    CHECK(unfit);
  };
  run(work);
}

TEST_CASE("a thousand calls are under way on one connection", "[async]") {
  const auto m = connect();
  const auto l = m.list<int>();
  asio::io_context io;
  async_connection calls(io.get_executor(), m);
  std::vector<std::future<void>> appended;
  std::vector<std::future<int>> got;
  for (int i = 0; i != 1000; ++i) {
    appended.push_back(calls.async_call<void>(l, "append", i, asio::use_future));
    got.push_back(calls.async_call<int>(l, "__getitem__", i, asio::use_future));
  }
  io.run();
  int right = 0;
  for (int i = 0; i != 1000; ++i)
    right += got[static_cast<std::size_t>(i)].get() == i;
  CHECK(right == 1000);
  CHECK(l.size() == 1000);
}

TEST_CASE("calls take more than both sockets hold", "[async]") {
  const auto m = connect();
  const auto l = m.list<std::string>();
  asio::io_context io;
  async_connection calls(io.get_executor(), m);
  const std::string item(1 << 20, 'x');
  std::vector<std::future<std::string>> got;
  for (int i = 0; i != 16; ++i) {
    calls.async_call<void>(l, "append", item, asio::detached);
    got.push_back(calls.async_call<std::string>(l, "__getitem__", i, asio::use_future));
  }
  io.run();
  for (auto& each : got)
    CHECK(each.get() == item);
}

TEST_CASE("a call is cancelled, and the next one reads its own answer", "[async]") {
  const auto m = connect();
  const auto q = m.queue<int>();
  const auto d = m.dict<std::string, int>(keyword{"k", 5});
  asio::io_context io;
  async_connection calls(io.get_executor(), m);
  asio::cancellation_signal cancel;
  std::exception_ptr failure;
  std::optional<int> behind;
  calls.async_call<int>(
      q, "get", asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr& e, int) {
        failure = e;
        // Lets the server go on.
        q.put(1);
      }));
  calls.async_call<int>(d, "get", "k", [&](const std::exception_ptr&, int got) { behind = got; });
  asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
  io.run();
  CHECK(code_in(failure) == std::errc::operation_canceled);
  CHECK(behind == 5);
}

TEST_CASE("calls that are under way when their connection goes are told", "[async]") {
  const auto m = connect();
  const auto q = m.queue<int>();
  asio::io_context io;
  std::optional<async_connection> calls(std::in_place, io.get_executor(), m);
  std::exception_ptr failure;
  calls->async_call<int>(q, "get", [&](const std::exception_ptr& e, int) { failure = e; });
  asio::post(io, [&] { calls.reset(); });
  io.run();
  CHECK(code_in(failure) == std::errc::operation_canceled);
}

TEST_CASE("calls of another server's objects are refused", "[async]") {
  const auto m = connect();
  call_options options;
  options.max_message = 1 << 20;
  const auto other =
      manager::connect(environment("PICKLED_SERVER"), environment("PICKLED_AUTHKEY"), options);
  asio::io_context io;
  async_connection calls(io.get_executor(), m);
  CHECK_THROWS_AS(calls.async_call(other.dict(), "copy", asio::detached), std::invalid_argument);
}

TEST_CASE("a connection that was lost is made again for the next call", "[async]") {
  restarted_server server;
  for (const bool waits : {true, false}) {
    const auto m = server.connect();
    const auto other = server.connect(waits ? patient() : call_options());
    const auto settings = other.get<dict_proxy<std::string, int>>("settings");
    asio::io_context io;
    async_connection calls(io.get_executor(), other);
    const auto get = [&] {
      auto got = calls.async_call<int>(settings, "get", "retries", asio::use_future);
      io.restart();
      io.run();
      return got.get();
    };
    CHECK(get() == 3);
    server.kill();
    if (!waits) CHECK(code_of(get) == std::errc::connection_refused);
    server.start();
    if (!waits) server.connect();
    // It is another object, which is found by its name alone.
    CHECK(code_of(get) == proxy_errc::no_such_object);
    CHECK(settings.at("retries") == 3);
    CHECK(get() == 3);
  }
}

TEST_CASE("a call whose connection is lost is told, and the next one made", "[async]") {
  restarted_server server;
  const auto m = server.connect();
  const auto door = m.lock();
  asio::io_context io;
  async_connection calls(io.get_executor(), m);
  door.acquire();
  std::exception_ptr failure;
  calls.async_call<bool>(door, "acquire",
                         [&](const std::exception_ptr& why, bool) { failure = why; });
  io.poll();
  server.restart();
  std::exception_ptr next;
  calls.async_call<bool>(door, "acquire", [&](const std::exception_ptr& why, bool) { next = why; });
  io.restart();
  io.run();
  CHECK_THROWS_AS(std::rethrow_exception(failure), unanswered_call);
  CHECK_THROWS_AS(std::rethrow_exception(next), error);
}
