#include "connection/connection.hpp"

#include "connection/error.hpp"
#include "tests/connection/event_loop.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <string>
#include <unistd.h>

using namespace pickled;
using namespace std::chrono_literals;
using namespace std::string_literals;
using status = frame_reader::status;

namespace {

using result = asio::awaitable<void>;

// The next message of a connection, however many reads it takes.
asio::awaitable<std::string> receive(connection& c) {
  bytes_view message;
  while (c.next(message) == status::need_more)
    if (const auto error = co_await c.read_some()) co_return error.message();
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

handshake accepting(std::string key) {
  return handshake::accepting({std::move(key)}, handshake::random_nonce());
}

handshake connecting(std::string key) {
  return handshake::connecting(std::move(key), handshake::random_nonce());
}

}  // namespace

TEST_CASE("pipelined messages are handed out from one read", "[connection]") {
  event_loop loop;
  socket_pair pair;
  connection c(loop.context, std::move(pair.ours));
  pair.send("\0\0\0\3one\0\0\0\0\0\0\0\5three\0\0\0"s);
  loop.start([&]() -> result {
    co_await expect_success(c.read_some());
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
        error = co_await c.read_some();
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
    co_await expect_success(c.write(as_bytes("a reply")));
    pair.theirs = descriptor();
    co_await expect(c.read_some(), std::errc::connection_reset);
    co_await expect(c.write(as_bytes("another")), std::errc::broken_pipe);
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
    co_await expect_success(one.write(as_bytes(large)));
    written = true;
    co_await expect_success(one.write(as_bytes("after")));
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

TEST_CASE("both ends authenticate", "[connection]") {
  event_loop loop;
  socket_pair pair;
  connection server(loop.context, std::move(pair.ours));
  connection client(loop.context, std::move(pair.theirs));
  loop.start([&]() -> result {
    auto exchange = accepting("key");
    co_await expect_success(server.authenticate(exchange, 10s));
    co_await expect(receive(server), "request"s);
  });
  loop.start([&]() -> result {
    auto exchange = connecting("key");
    co_await expect_success(client.authenticate(exchange, 10s));
    co_await expect_success(client.write(as_bytes("request")));
  });
  loop.context.run();
}

TEST_CASE("either end learns of a wrong key", "[connection]") {
  event_loop loop;
  socket_pair pair;
  connection server(loop.context, std::move(pair.ours));
  connection client(loop.context, std::move(pair.theirs));
  loop.start([&]() -> result {
    auto exchange = accepting("key");
    co_await expect(server.authenticate(exchange, 10s), connection_errc::digest_received_wrong);
  });
  loop.start([&]() -> result {
    auto exchange = connecting("another key");
    co_await expect(client.authenticate(exchange, 10s), connection_errc::digest_sent_rejected);
  });
  loop.context.run();
}

TEST_CASE("a handshake ends with what the peer does", "[connection]") {
  const struct {
    std::string sent;
    std::error_code expected;
  } table[] = {
      {"\0\0\1\1"s, connection_errc::message_too_long},
      {"GET / HTTP/1.0\r\n\r\n", connection_errc::message_too_long},
      {"\0\0\0\3bad"s, connection_errc::digest_unsupported},
      {"\0\0\0\x10"s, {ECONNRESET, std::system_category()}},
      {"", {ECONNRESET, std::system_category()}},
  };
  for (const auto& row : table) {
    event_loop loop;
    socket_pair pair;
    connection server(loop.context, std::move(pair.ours));
    pair.send(row.sent);
    loop.start([&]() -> result {
      auto exchange = accepting("key");
      const auto error = co_await server.authenticate(exchange, 10s);
      CHECK(error == row.expected);
    });
    loop.context.poll();
    pair.theirs = descriptor();
    loop.context.run();
  }
}

TEST_CASE("a silent peer does not hold a handshake for ever", "[connection]") {
  event_loop loop;
  socket_pair pair;
  connection server(loop.context, std::move(pair.ours));
  loop.start([&]() -> result {
    auto exchange = accepting("key");
    co_await expect(server.authenticate(exchange, 1ms), std::errc::timed_out);
  });
  loop.context.run();
}

TEST_CASE("a cancelled read loses no bytes", "[connection]") {
  using namespace asio::experimental::awaitable_operators;
  event_loop loop;
  socket_pair pair;
  connection c(loop.context, std::move(pair.ours));
  loop.start([&]() -> result {
    // Both are ready at once: whichever is first, the bytes are kept.
    pair.send("\0\0\0\3one"s);
    co_await (c.read_some() || asio::post(loop.context, asio::use_awaitable));
    co_await (c.read_some() || asio::post(loop.context, asio::use_awaitable));
    co_await expect(receive(c), "one"s);
    pair.send("\0\0\0\3two"s);
    co_await expect(receive(c), "two"s);
  });
  loop.context.run();
}

TEST_CASE("over TCP it is known after the end whether the peer was gone before", "[connection]") {
  event_loop loop;
  const std::string reply = "a reply";
  for (const bool gone : {true, false}) {
    tcp_pair pair;
    connection c(loop.context, std::move(pair.ours));
    if (gone) pair.theirs = descriptor();
    loop.start([&]() -> result {
      co_await expect_success(c.write(as_bytes(reply)));
      if (!gone) {
        char read[100];
        CHECK(::recv(pair.theirs.get(), read, sizeof read, 0) > 0);
        pair.theirs = descriptor();
      }
      co_await expect(c.read_some(), connection_errc::end_of_file);
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
      [&]() -> result { co_await expect(closed.read_some(), std::errc::operation_canceled); });
  loop.start([&]() -> result { co_await expect(shut.read_some(), connection_errc::end_of_file); });
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
