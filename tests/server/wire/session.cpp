// SPDX-License-Identifier: BSL-1.0

#include "server/wire/session.hpp"

#include "pickled/connection/connection_errc.hpp"
#include "tests/server/live_server.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <utility>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_literals;

namespace {

bool closed(client& c) {
  try {
    c.recv();
    return false;
  } catch (const std::system_error&) {
    return true;
  }
}

// outer.set(<proxy of inner>)
buffer set_request(std::string_view outer, std::string_view inner) {
  const token_writer tokens(fresh_address());
  const proxy_reference proxy{nullptr, "cell", std::string(inner), "AutoProxy", std::nullopt};
  splicer out;
  out.begin_tuple().str(outer).str("set").begin_tuple();
  (*tokens.proxies())(proxy, out);
  out.end_tuple().begin_dict().end_dict().end_tuple();
  return std::move(out).finish().joined();
}

// All that the server sends until it closes a connection on which the peer says `sent`.
std::string all_sent(const live_server& server, std::string_view sent) {
  socket_address where;
  REQUIRE_FALSE(resolve(server.where(), where));
  const descriptor socket = open_socket(server.where());
  REQUIRE(::connect(socket.get(), where.get(), where.size) == 0);
  REQUIRE(::send(socket.get(), sent.data(), sent.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(sent.size()));
  std::string received;
  std::array<char, 1024> part{};
  for (ssize_t count = 0; (count = ::recv(socket.get(), part.data(), part.size(), 0)) > 0;)
    received.append(part.data(), static_cast<std::size_t>(count));
  return received;
}

}  // namespace

TEST_CASE("a command connection answers one function and closes", "[server]") {
  live_server server;
  client c = server.connect();
  c.send(pickled_request("", "dummy"));
  CHECK(words(c.recv()) == "('#RETURN', None)");
  CHECK(closed(c));
}

TEST_CASE("a proxy connection answers until its peer goes", "[server]") {
  live_server server;
  const std::string ident = server.create();
  client c = server.proxy();
  CHECK(call_of(c, ident, "set", {frozen::integer(3)}) == "('#RETURN', None)");
  CHECK(call_of(c, ident, "get") == "('#RETURN', 3)");
  CHECK_THAT(call_of(c, "1000", "get"), Catch::Contains("KeyError: \\'1000\\'"));
  CHECK(call_of(c, ident, "fail", {frozen::integer(1)}) == "('#ERROR', KeyError(1))");
}

TEST_CASE("requests sent ahead are answered in order", "[server]") {
  live_server server;
  const std::string ident = server.create();
  client c = server.proxy();
  // So few that their answers fit into the socket, where nobody reads them yet.
  constexpr int count = 100;
  for (int i = 0; i != count; ++i) {
    c.send(pickled_request(ident, "set", {frozen::integer(i)}));
    c.send(pickled_request(ident, "get"));
  }
  for (int i = 0; i != count; ++i) {
    CHECK(words(c.recv()) == "('#RETURN', None)");
    CHECK(words(c.recv()) == "('#RETURN', " + std::to_string(i) + ")");
  }
}

TEST_CASE("a request that does not unpickle is answered and survived", "[server]") {
  live_server server;
  const std::string ident = server.create();
  client c = server.proxy();
  c.send(as_bytes("garbage"));
  CHECK_THAT(words(c.recv()), Catch::StartsWith("('#TRACEBACK', "));
  c.send(as_bytes("\x80\x04K\x01."));
  CHECK_THAT(words(c.recv()), Catch::Contains("ValueError: not a request"));
  CHECK(call_of(c, ident, "get") == "('#RETURN', None)");
}

TEST_CASE("a command that does not unpickle is answered", "[server]") {
  live_server server;
  client c = server.connect();
  c.send(as_bytes("\x80\x04]"));
  CHECK_THAT(words(c.recv()), Catch::Contains("EOFError: Ran out of input"));
  CHECK(closed(c));
}

TEST_CASE("an empty message ends the connection", "[server]") {
  live_server server;
  client c = server.proxy();
  c.send(bytes_view());
  CHECK(closed(c));
}

TEST_CASE("a message beyond the limit is refused, and the next one served", "[server]") {
  server_options options;
  options.max_message = 1000;
  live_server server(std::move(options));
  const std::string ident = server.create();
  client c = server.proxy();
  for (const std::size_t size : {1001UL, 10'000'000UL}) {
    c.send(frozen::str(std::string(size, 'x')).run());
    CHECK_THAT(words(c.recv()), Catch::Contains("OSError: bad message length: a message of "));
    CHECK(call_of(c, ident, "open", {frozen::str("in")}) == "('#RETURN', None)");
  }
}

TEST_CASE("a handshake that is none ends, and says why", "[server]") {
  live_server server;
  CHECK_THAT(all_sent(server, "GET / HTTP/1.0\r\n\r\n"), Catch::Contains("#TRACEBACK"));
  CHECK_THAT(all_sent(server, "\0\0\0\3bad"s), Catch::Contains("#FAILURE#"));
  CHECK(server.ask("dummy") == "('#RETURN', None)");
}

TEST_CASE("a silent peer does not hold a handshake for ever", "[server]") {
  server_options options;
  options.handshake_timeout = std::chrono::milliseconds(20);
  live_server server(std::move(options));
  CHECK_THAT(all_sent(server, "\0\0"s), Catch::Contains("#CHALLENGE#"));
}

TEST_CASE("a wrong key is told so twice", "[server]") {
  live_server server;
  CHECK_THROWS_AS(client(server.where(), "another key"), std::system_error);
  CHECK(server.ask("dummy") == "('#RETURN', None)");
}

TEST_CASE("a blocked call holds up neither others nor its own timeout", "[server]") {
  live_server server;
  const std::string ident = server.create();
  client blocked = server.proxy();
  client other = server.proxy();
  blocked.send(pickled_request(ident, "pass"));
  REQUIRE(eventually([&] { return server.last_made().waiting() == 1; }));
  CHECK(call_of(other, ident, "pass", {frozen::real(0.01)}) == "('#ERROR', TimeoutError())");
  CHECK(call_of(other, ident, "open", {frozen::str("in")}) == "('#RETURN', None)");
  CHECK(words(blocked.recv()) == "('#RETURN', 'in')");
  CHECK(call_of(blocked, ident, "get") == "('#RETURN', None)");
}

TEST_CASE("a call that is blocked is given up for the next request", "[server]") {
  live_server server;
  const std::string ident = server.create();
  cell& target = server.last_made();
  client interrupted = server.proxy();
  for (int i = 1; i != 4; ++i) {
    interrupted.send(pickled_request(ident, "pass"));
    REQUIRE(eventually([&] { return target.waiting() == 1; }));
    CHECK(call_of(interrupted, ident, "set", {frozen::integer(i)}) == "('#RETURN', None)");
    CHECK(target.waiting() == 0);
    CHECK(target.withdrawals() == i);
  }
  CHECK(call_of(interrupted, ident, "get") == "('#RETURN', 3)");
}

TEST_CASE("many calls that are given up one after the other take no room", "[server]") {
  live_server server;
  const std::string ident = server.create();
  client interrupted = server.proxy();
  interrupted.send(pickled_request(ident, "get"));
  CHECK(words(interrupted.recv()) == "('#RETURN', None)");
  constexpr int count = 10'000;
  for (int i = 0; i != count; ++i)
    interrupted.send(pickled_request(ident, "pass"));
  CHECK(call_of(interrupted, ident, "get") == "('#RETURN', None)");
  CHECK(server.last_made().withdrawals() == count);
}

TEST_CASE("requests that came with the first one wait for it", "[server]") {
  live_server server;
  const std::string ident = server.create();
  cell& target = server.last_made();
  client c = server.connect();
  client other = server.proxy();
  std::string ahead;
  for (const buffer& message : {pickled_request("", "accept_connection", {frozen::str("test")}),
                                pickled_request(ident, "pass"), pickled_request(ident, "get")}) {
    ahead += as_text(frame_header(message.size()).view());
    ahead += as_text(message.view());
  }
  REQUIRE(::send(c.native_handle(), ahead.data(), ahead.size(), 0) ==
          static_cast<ssize_t>(ahead.size()));
  CHECK(words(c.recv()) == "('#RETURN', None)");
  REQUIRE(eventually([&] { return target.waiting() == 1; }));
  call_of(other, ident, "open", {frozen::str("in")});
  CHECK(words(c.recv()) == "('#RETURN', 'in')");
  CHECK(words(c.recv()) == "('#RETURN', None)");
}

TEST_CASE("requests behind a blocked one wait for it where the peer pipelines", "[server]") {
  live_server server;
  const std::string ident = server.create();
  client blocked = server.proxy("test|pipelining");
  client other = server.proxy();
  blocked.send(pickled_request(ident, "get"));
  blocked.send(pickled_request(ident, "pass"));
  blocked.send(pickled_request(ident, "get"));
  CHECK(words(blocked.recv()) == "('#RETURN', None)");
  REQUIRE(eventually([&] { return server.last_made().waiting() == 1; }));
  call_of(other, ident, "open", {frozen::str("in")});
  CHECK(words(blocked.recv()) == "('#RETURN', 'in')");
  CHECK(words(blocked.recv()) == "('#RETURN', None)");
}

TEST_CASE("functions of the server are called between those of objects where a name says so",
          "[server]") {
  live_server server;
  const std::string ident = server.create();
  client c = server.proxy("test|pipelining");
  c.send(pickled_request("", "incref", {frozen::str(ident)}));
  c.send(pickled_request(ident, "__repr__"));
  c.send(pickled_request("", "decref", {frozen::str("unknown")}));
  c.send(pickled_request("", "create", {frozen::str("cell")}));
  c.send(pickled_request("", "number_of_objects"));
  CHECK(words(c.recv()) == "('#RETURN', None)");
  CHECK(words(c.recv()) == "('#RETURN', '<cell>')");
  CHECK_THAT(words(c.recv()), Catch::Contains("KeyError: \\'unknown\\'"));
  const std::string created(value_argument(loads(c.recv())).as_items()[1].as_items()[0].as_str());
  CHECK(words(c.recv()) == "('#RETURN', 2)");
  for (const std::string& counted : {ident, ident, created}) {
    c.send(pickled_request("", "decref", {frozen::str(counted)}));
    CHECK(words(c.recv()) == "('#RETURN', None)");
  }
  c.send(pickled_request("", "number_of_objects"));
  CHECK(words(c.recv()) == "('#RETURN', 0)");
  client stock = server.proxy();
  stock.send(pickled_request("", "incref", {frozen::str(ident)}));
  CHECK_THAT(words(stock.recv()), Catch::Contains("KeyError: None"));
}

TEST_CASE("a peer that hangs up while it waits is withdrawn", "[server]") {
  live_server server;
  const std::string ident = server.create();
  cell& target = server.last_made();
  {
    client blocked = server.proxy();
    blocked.send(pickled_request(ident, "pass"));
    REQUIRE(eventually([&] { return target.waiting() == 1; }));
  }
  REQUIRE(eventually([&] { return target.waiting() == 0; }));
  CHECK(eventually([&] { return target.gone() == 1; }));
  CHECK(target.withdrawals() == 1);
  CHECK(target.returns() == 0);
}

TEST_CASE("a grant whose reply is never read is given back", "[server]") {
  live_server server;
  const std::string ident = server.create();
  cell& target = server.last_made();
  {
    // With something unread in it, closing a unix socket resets the connection.
    client dying = server.proxy();
    dying.send(pickled_request(ident, "pass_at_once"));
    CHECK(server.ask("dummy") == "('#RETURN', None)");
    REQUIRE(eventually([&] {
      char c = 0;
      return ::recv(dying.native_handle(), &c, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
    }));
  }
  CHECK(eventually([&] { return target.returns() == 1; }));
}

TEST_CASE("a grant whose reply was read is not given back", "[server]") {
  live_server server;
  const std::string ident = server.create();
  cell& target = server.last_made();
  {
    client c = server.proxy();
    CHECK(call_of(c, ident, "pass_at_once") == "('#RETURN', 'at once')");
  }
  REQUIRE(eventually([&] { return target.gone() == 1; }));
  CHECK(target.returns() == 0);
}

TEST_CASE("a reference of which the peer cannot be told is not its own", "[server]") {
  live_server server(without_grace());
  const std::string ident = server.create();
  const std::string before = server.ask("debug_info");
  const auto ask_deaf = [&](client c, const buffer& request) {
    // A unix socket refuses what is sent to a peer that reads no more.
    REQUIRE(::shutdown(c.native_handle(), SHUT_RD) == 0);
    c.send(request);
    pollfd ended{c.native_handle(), 0, 0};
    REQUIRE(::poll(&ended, 1, 20'000) == 1);
  };
  ask_deaf(server.connect(), pickled_request("", "create", {frozen::str("cell")}));
  CHECK(eventually([&] { return server.ask("debug_info") == before; }));
  ask_deaf(server.connect(), pickled_request("", "incref", {frozen::str(ident)}));
  CHECK(eventually([&] { return server.ask("debug_info") == before; }));
  ask_deaf(server.proxy(), pickled_request(ident, "child"));
  CHECK(eventually([&] { return server.ask("debug_info") == before; }));
}

TEST_CASE("heavy methods are answered from a worker", "[server]") {
  live_server server;
  const std::string ident = server.create();
  server.last_made().bulk = std::size_t{1} << 20;
  client c = server.proxy();
  call_of(c, ident, "set", {frozen::integer(3)});
  CHECK(call_of(c, ident, "work") == "('#RETURN', 3)");
  CHECK(call_of(c, ident, "__repr__") == "('#RETURN', '<cell>')");
}

TEST_CASE("a peer that reads no answer is served no more", "[server]") {
  live_server server;
  const std::string ident = server.create();
  server.last_made().bulk = std::size_t{1} << 20;
  client other = server.proxy();
  call_of(other, ident, "set", {frozen::str(std::string(5'000'000, 'x'))});
  client c = server.proxy("test|pipelining");
  for (int i = 0; i != 3; ++i)
    c.send(pickled_request(ident, "work"));
  c.send(pickled_request(ident, "set", {frozen::integer(3)}));
  char first = 0;
  REQUIRE(::recv(c.native_handle(), &first, 1, MSG_PEEK) == 1);
  CHECK(call_of(other, ident, "get") != "('#RETURN', 3)");
  for (int i = 0; i != 4; ++i)
    c.recv();
  CHECK(call_of(other, ident, "get") == "('#RETURN', 3)");
}

TEST_CASE("large messages go both ways", "[server]") {
  live_server server;
  const std::string ident = server.create();
  client c = server.proxy();
  const std::string large(5'000'000, 'x');
  CHECK(call_of(c, ident, "set", {frozen::str(large)}) == "('#RETURN', None)");
  CHECK(call_of(c, ident, "get") == "('#RETURN', '" + large + "')");
}

TEST_CASE("an object that nobody counts any more can be counted again for a while", "[server]") {
  server_options options;
  options.grace.time = std::chrono::hours(1);
  live_server server(std::move(options));
  const std::string ident = server.create();
  CHECK(server.ask("decref", {frozen::str(ident)}) == "('#RETURN', None)");
  CHECK(server.ask("number_of_objects") == "('#RETURN', 0)");
  CHECK(server.ask("incref", {frozen::str(ident)}) == "('#RETURN', None)");
  CHECK(server.ask("number_of_objects") == "('#RETURN', 1)");
}

TEST_CASE("what has rested for long enough is destroyed", "[server]") {
  server_options options;
  options.grace.time = std::chrono::milliseconds(1);
  live_server server(std::move(options));
  const std::string ident = server.create();
  server.ask("decref", {frozen::str(ident)});
  CHECK(eventually([&] {
    return server.ask("decref", {frozen::str(ident)}).find("KeyError") != std::string::npos;
  }));
}

TEST_CASE("a proxy in a reply is kept until the next request", "[server]") {
  server_options options;
  options.grace.time = std::chrono::milliseconds(0);
  live_server server(std::move(options));
  const std::string outer = server.create();
  const std::string inner = server.create();
  client c = server.proxy();
  c.send(set_request(outer, inner));
  c.recv();
  server.ask("decref", {frozen::str(inner)});
  REQUIRE(call_of(c, outer, "get") != "('#RETURN', None)");
  client other = server.proxy();
  call_of(other, outer, "set", {frozen::none()});
  CHECK(call_of(other, inner, "get") == "('#RETURN', None)");
  call_of(c, outer, "get");
  CHECK_THAT(call_of(other, inner, "get"), Catch::Contains("KeyError"));
}
