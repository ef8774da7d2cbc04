// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/client.hpp"

#include "connection/connection.hpp"
#include "connection/listener.hpp"
#include "pickled/connection/connection_errc.hpp"
#include "tests/connection/event_loop.hpp"
#include "tests/support/accept.hpp"
#include "tests/support/awaited_connection.hpp"

#include <future>
#include <string>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono_literals;

namespace {

// Accepts one connection and sends each message back, until the client ends.
asio::awaitable<std::error_code> echo(asio::io_context& context, listener& from, std::string key) {
  descriptor accepted;
  if (const auto error = co_await accept(from, accepted)) co_return error;
  connection c(context, std::move(accepted));
  auto exchange = handshake::accepting({std::move(key)}, handshake::random_nonce());
  if (const auto error = co_await authenticate(c, exchange)) co_return error;
  c.set_limit(1 << 24);
  for (;;) {
    bytes_view message;
    while (c.next(message) == frame_reader::status::message)
      if (const auto error = co_await write(c, message)) co_return error;
    if (const auto error = co_await read_some(c)) co_return error;
  }
}

std::error_code connect_error(const address& server, std::optional<std::string_view> key,
                              std::string* text = nullptr) {
  try {
    client c(server, key, {.connect_timeout = 10ms});
  } catch (const std::system_error& e) {
    if (text != nullptr) *text = e.what();
    return e.code();
  }
  return {};
}

}  // namespace

TEST_CASE("a client talks to a server over every sort of socket", "[connection]") {
  for (const address& where :
       {address::inet("localhost", 0), address::unix_path("client_test.sock"),
        address::unix_abstract("pickled client test")}) {
    event_loop loop;
    listener l(loop.context, where);
    auto asked = std::async(std::launch::async, [&l] {
      client c(l.local(), "key", {.connect_timeout = 10s});
      for (const std::size_t size : {0UL, 1UL, 16'384UL, 16'385UL, 3'000'000UL}) {
        const std::string message(size, 'm');
        c.send(as_bytes(message));
        if (as_text(c.recv()) != message) return false;
      }
      return true;
    });
    std::error_code ended;
    loop.start([&]() -> asio::awaitable<void> { ended = co_await echo(loop.context, l, "key"); });
    loop.context.run();
    CHECK(asked.get());
    CHECK(ended == connection_errc::end_of_file);
  }
}

TEST_CASE("a client says where it could not connect, and why", "[connection]") {
  std::string text;
  CHECK(connect_error(address::unix_path("nobody.sock"), {}, &text) ==
        std::errc::no_such_file_or_directory);
  CHECK(text == "cannot connect to unix:nobody.sock: No such file or directory");
  CHECK(connect_error(address::unix_path(std::string(200, 'p')), {}) ==
        std::errc::filename_too_long);
  CHECK(connect_error(address::inet("no such host", 1), {}) == connection_errc::host_not_found);
}

TEST_CASE("a client whose key is wrong says so", "[connection]") {
  event_loop loop;
  listener l(loop.context, address());
  auto asked = std::async(std::launch::async, [&l] {
    try {
      client c(l.local(), "another key", {.connect_timeout = 10s});
    } catch (const std::system_error& e) {
      return std::string(e.what());
    }
    return std::string();
  });
  std::error_code ended;
  loop.start([&]() -> asio::awaitable<void> { ended = co_await echo(loop.context, l, "key"); });
  loop.context.run();
  CHECK(
      asked.get() ==
      "cannot connect to " + l.local().text() +
          ", whose authkey is not the one that was given (HMAC-SHA256): digest sent was rejected");
  CHECK(ended == connection_errc::digest_received_wrong);
}

TEST_CASE("a client waits for a silent server as long as it was told to", "[connection]") {
  event_loop loop;
  listener tcp(loop.context, address());
  CHECK(connect_error(tcp.local(), "key") == std::errc::timed_out);
  listener full(loop.context, address::unix_path("full.sock"), {.backlog = 0});
  client waiting(full.local(), {});
  CHECK(connect_error(full.local(), {}) == std::errc::timed_out);
}

TEST_CASE("a client refuses a message beyond its limit, and tells ends apart", "[connection]") {
  event_loop loop;
  listener l(loop.context, address::unix_abstract("pickled limits test"));
  const struct {
    std::string sent;
    connection_errc expected;
  } table[] = {
      {std::string("\0\0\0\5", 4), connection_errc::message_too_long},
      {std::string("\0\0\0\4abc", 7), connection_errc::truncated},
      {"", connection_errc::end_of_file},
  };
  for (const auto& row : table) {
    client c(l.local(), {}, {.connect_timeout = 10s, .max_message = 4});
    loop.start([&]() -> asio::awaitable<void> {
      descriptor accepted;
      co_await expect_success(accept(l, accepted));
      CHECK(::send(accepted.get(), row.sent.data(), row.sent.size(), 0) >= 0);
    });
    loop.context.run();
    loop.context.restart();
    try {
      c.recv();
      FAIL("a message that is none was received");
    } catch (const std::system_error& e) {
      CHECK(e.code() == row.expected);
    }
  }
}
