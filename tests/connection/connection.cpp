// SPDX-License-Identifier: BSL-1.0

#include "connection/connection.hpp"

#include "pickled/connection/connection_errc.hpp"
#include "tests/connection/event_loop.hpp"
#include "tests/support/awaited_connection.hpp"

#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <string>
#include <unistd.h>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono_literals;
using namespace std::string_literals;
using status = frame_reader::status;

namespace {

using result = asio::awaitable<void>;

// The next message of a connection, however many reads it takes.
asio::awaitable<std::string> receive(connection& c) {
  bytes_view message;
  while (c.next(message) == status::need_more)
    if (const auto error = co_await read_some(c)) co_return error.message();
  co_return std::string(as_text(message));
}

struct tcp_pair {
  descriptor ours;
  descriptor theirs;

  tcp_pair() {
    const descriptor listening = open_socket(address());
    socket_address where;
    REQUIRE_FALSE(resolve(address(), where));
    REQUIRE(::bind(listening.get(), where.get(), where.size) == 0);
    REQUIRE(::listen(listening.get(), 1) == 0);
    REQUIRE_FALSE(resolve(local_address(listening.get()), where));
    theirs = open_socket(address());
    REQUIRE(::connect(theirs.get(), where.get(), where.size) == 0);
    ours = descriptor(::accept(listening.get(), nullptr, nullptr));
    REQUIRE(ours);
  }
};

}  // namespace

TEST_CASE("pipelined messages are handed out from one read", "[connection]") {
  event_loop loop;
  socket_pair pair;
  connection c(loop.context, std::move(pair.ours));
  pair.send("\0\0\0\3one\0\0\0\0\0\0\0\5three\0\0\0"s);
  loop.start([&]() -> result {
    co_await expect_success(read_some(c));
    bytes_view message;
    REQUIRE(c.next(message) == status::message);
    CHECK(as_text(message) == "one");
    REQUIRE(c.next(message) == status::message);
    CHECK(message.empty());
    REQUIRE(c.next(message) == status::message);
    CHECK(as_text(message) == "three");
    CHECK(c.next(message) == status::need_more);
    CHECK(c.buffered() == 3);
  });
  loop.context.run();
}

TEST_CASE("an end between messages is normal, within one an error", "[connection]") {
  const struct {
    std::string sent;
    std::error_code expected;
  } table[] = {
      {"", connection_errc::end_of_file},
      {"\0\0\0\3one\0\0\0\3two"s, connection_errc::end_of_file},
      {"\0\0"s, connection_errc::truncated},
      {"\0\0\0\3one\0\0\0\3tw"s, connection_errc::truncated},
  };
  for (const auto& row : table) {
    event_loop loop;
    socket_pair pair;
    connection c(loop.context, std::move(pair.ours));
    pair.send(row.sent);
    pair.theirs = descriptor();
    loop.start([&]() -> result {
      std::error_code error;
      while (!error)
        error = co_await read_some(c);
      CHECK(error == row.expected);
    });
    loop.context.run();
  }
}

TEST_CASE("a peer that dies with what we sent unread is told from one that ends", "[connection]") {
  event_loop loop;
  socket_pair pair;
  connection c(loop.context, std::move(pair.ours));
  loop.start([&]() -> result {
    co_await expect_success(write(c, as_bytes("a reply")));
    pair.theirs = descriptor();
    co_await expect(read_some(c), std::errc::connection_reset);
    co_await expect(write(c, as_bytes("another")), std::errc::broken_pipe);
  });
  loop.context.run();
}

TEST_CASE("a message larger than the socket takes goes out as the peer reads", "[connection]") {
  event_loop loop;
  socket_pair pair;
  connection one(loop.context, std::move(pair.ours));
  connection two(loop.context, std::move(pair.theirs));
  const std::string large(5'000'000, 'x');
  bool written = false;
  loop.start([&]() -> result {
    co_await expect_success(write(one, as_bytes(large)));
    written = true;
    co_await expect_success(write(one, as_bytes("after")));
  });
  loop.start([&]() -> result {
    CHECK_FALSE(written);
    two.set_limit(large.size());
    co_await expect(receive(two), large);
    co_await expect(receive(two), "after"s);
  });
  loop.context.run();
  CHECK(written);
}

TEST_CASE("over TCP it is known after the end whether the peer was gone before", "[connection]") {
  event_loop loop;
  const std::string reply = "a reply";
  for (const bool gone : {true, false}) {
    tcp_pair pair;
    connection c(loop.context, std::move(pair.ours));
    if (gone) pair.theirs = descriptor();
    loop.start([&]() -> result {
      co_await expect_success(write(c, as_bytes(reply)));
      if (!gone) {
        char read[100];
        CHECK(::recv(pair.theirs.get(), read, sizeof read, 0) > 0);
        pair.theirs = descriptor();
      }
      co_await expect(read_some(c), connection_errc::end_of_file);
      asio::steady_timer timer(loop.context);
      auto arrival = c.arrival_of_sent();
      while (arrival == connection::arrival::unknown) {
        timer.expires_after(1ms);
        co_await timer.async_wait(asio::use_awaitable);
        arrival = c.arrival_of_sent();
      }
      CHECK(arrival == (gone ? connection::arrival::refused : connection::arrival::complete));
    });
    loop.context.run();
    loop.context.restart();
  }
}

TEST_CASE("the end of the peer is seen without reading", "[connection]") {
  event_loop loop;
  socket_pair pair;
  connection c(loop.context, std::move(pair.ours));
  pair.send("unread");
  CHECK_FALSE(c.hung_up());
  pair.theirs = descriptor();
  CHECK(c.hung_up());
}

TEST_CASE("a read that is pending meets the end of a connection that is closed", "[connection]") {
  event_loop loop;
  socket_pair one;
  socket_pair two;
  connection closed(loop.context, std::move(one.ours));
  connection shut(loop.context, std::move(two.ours));
  loop.start(
      [&]() -> result { co_await expect(read_some(closed), std::errc::operation_canceled); });
  loop.start([&]() -> result { co_await expect(read_some(shut), connection_errc::end_of_file); });
  loop.context.poll();
  closed.close();
  shut.shutdown();
  loop.context.run();
}

TEST_CASE("a connection tells its peer for the log", "[connection]") {
  event_loop loop;
  socket_pair pair;
  connection c(loop.context, std::move(pair.ours));
  CHECK(c.peer() == "pid " + std::to_string(::getpid()));
}
