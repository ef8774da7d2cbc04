// SPDX-License-Identifier: BSL-1.0

// What the tests of the Asio adapter share: a loop that must run out of work, and socket pairs.

#ifndef PICKLED_TESTS_CONNECTION_EVENT_LOOP_HPP
#define PICKLED_TESTS_CONNECTION_EVENT_LOOP_HPP

#include "connection/connection.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <exception>
#include <string_view>
#include <sys/socket.h>
#include <utility>

namespace pickled::inline v0::detail {

struct event_loop {
  asio::io_context context;

  // Starts a coroutine; its exception is a failed test.
  template <class Coroutine>
  void start(Coroutine coroutine) {
    asio::co_spawn(context, std::move(coroutine), [](std::exception_ptr e) {
      if (e) std::rethrow_exception(e);
    });
  }

  ~event_loop() {
    context.run();
    CHECK(context.stopped());
  }
};

// Awaits before it checks: Catch's macros write their expression twice, and GCC 12 awaits both.
template <class Result, class Expected>
asio::awaitable<void> expect(asio::awaitable<Result> operation, Expected expected) {
  const Result result = co_await std::move(operation);
  CHECK(result == expected);
}
inline asio::awaitable<void> expect_success(asio::awaitable<std::error_code> operation) {
  return expect(std::move(operation), std::error_code());
}

struct socket_pair {
  descriptor ours;
  descriptor theirs;

  socket_pair() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    ours = descriptor(fds[0]);
    theirs = descriptor(fds[1]);
  }

  void send(std::string_view bytes) const {
    REQUIRE(::send(theirs.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_TESTS_CONNECTION_EVENT_LOOP_HPP
