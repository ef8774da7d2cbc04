// SPDX-License-Identifier: BSL-1.0

#include "connection/listener.hpp"

#include "pickled/connection/client.hpp"
#include "tests/connection/event_loop.hpp"
#include "tests/support/accept.hpp"

#include <chrono>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <string>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

std::error_code listen_error(asio::io_context& context, const address& where) {
  try {
    listener l(context, where);
  } catch (const std::system_error& e) {
    return e.code();
  }
  return {};
}

bool exists(const char* path) {
  return ::access(path, F_OK) == 0;
}

}  // namespace

TEST_CASE("a listener tells the port that the system picked", "[connection]") {
  event_loop loop;
  listener one(loop.context, address::inet("localhost", 0));
  CHECK(one.local().name() == "127.0.0.1");
  CHECK(one.local().port() != 0);
  CHECK(listen_error(loop.context, one.local()) == std::errc::address_in_use);
  listener all(loop.context, address::inet("", 0));
  CHECK(all.local().name() == "0.0.0.0");
}

TEST_CASE("a listener's socket file has its mode, and goes when it closes", "[connection]") {
  event_loop loop;
  const address where = address::unix_path("listener_test.sock");
  {
    listener l(loop.context, where, {.unix_mode = 0640});
    CHECK(l.local() == where);
    struct stat file {};
    REQUIRE(::stat("listener_test.sock", &file) == 0);
    CHECK((file.st_mode & 07777) == 0640);
    CHECK(listen_error(loop.context, where) == std::errc::address_in_use);
    CHECK(exists("listener_test.sock"));
    CHECK(exists("listener_test.sock.lock"));
  }
  CHECK_FALSE(exists("listener_test.sock"));
  CHECK_FALSE(exists("listener_test.sock.lock"));
}

TEST_CASE("a dead server's socket file is replaced, any other file is not", "[connection]") {
  event_loop loop;
  const address where = address::unix_path("stale_test.sock");
  {
    socket_address at;
    REQUIRE_FALSE(resolve(where, at));
    const descriptor dead = open_socket(where);
    REQUIRE(::bind(dead.get(), at.get(), at.size) == 0);
  }
  REQUIRE(exists("stale_test.sock"));
  { listener l(loop.context, where); }
  CHECK_FALSE(exists("stale_test.sock"));

  const descriptor file(::open("stale_test.sock", O_CREAT | O_WRONLY, 0600));
  CHECK(listen_error(loop.context, where) == std::errc::address_in_use);
  CHECK(::unlink("stale_test.sock") == 0);
  CHECK_FALSE(exists("stale_test.sock.lock"));
}

TEST_CASE("a socket of a server that does not listen yet is not replaced", "[connection]") {
  event_loop loop;
  const address where = address::unix_path("early_test.sock");
  path_lock early;
  early.acquire("early_test.sock.lock");
  socket_address at;
  REQUIRE_FALSE(resolve(where, at));
  const descriptor bound = open_socket(where);
  REQUIRE(::bind(bound.get(), at.get(), at.size) == 0);
  CHECK(listen_error(loop.context, where) == std::errc::address_in_use);
  CHECK(exists("early_test.sock"));
  early.release();
  { listener l(loop.context, where); }
  CHECK_FALSE(exists("early_test.sock"));
}

TEST_CASE("a lock that its owner removes is not taken for one's own", "[connection]") {
  path_lock first;
  first.acquire("path_test.lock");
  const descriptor opened(::open("path_test.lock", O_RDONLY | O_CLOEXEC));
  first.release();
  CHECK(::flock(opened.get(), LOCK_EX | LOCK_NB) == 0);  // of a file that has no name any more
  path_lock second;
  second.acquire("path_test.lock");
  CHECK(exists("path_test.lock"));
  path_lock third;
  CHECK_THROWS_AS(third.acquire("path_test.lock"), std::system_error);
  third.release();
  CHECK(exists("path_test.lock"));
}

TEST_CASE("a listener of a socket that listens leaves its file", "[connection]") {
  event_loop loop;
  const address where = address::unix_path("passed_test.sock");
  socket_address at;
  REQUIRE_FALSE(resolve(where, at));
  descriptor passed = open_socket(where);
  REQUIRE(::bind(passed.get(), at.get(), at.size) == 0);
  REQUIRE(::listen(passed.get(), 1) == 0);
  {
    listener l(loop.context, std::move(passed), {});
    CHECK(l.local() == where);
    descriptor socket;
    CHECK(l.accept(socket) == std::errc::operation_would_block);
    const client connecting(where, {});
    CHECK_FALSE(l.accept(socket));
  }
  CHECK(exists("passed_test.sock"));
  CHECK(::unlink("passed_test.sock") == 0);
}

TEST_CASE("connections inherit how long a silent peer is waited for", "[connection]") {
  event_loop loop;
  const auto option = [](int socket, int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(socket, level, name, &value, &size) == 0);
    return value;
  };
  const struct {
    std::chrono::milliseconds timeout;
    int idle, interval, user_timeout;
  } cases[] = {
      {std::chrono::minutes(1), 30, 10, 60'000},
      {std::chrono::milliseconds(1), 1, 1, 1000},
      {std::chrono::seconds(1'000'000'000), 16383, 5461, 32'767'000},
  };
  for (const auto& expected : cases) {
    listener l(loop.context, address(), {.tcp_timeout = expected.timeout});
    const client connecting(l.local(), {});
    descriptor socket;
    REQUIRE_FALSE(l.accept(socket));
    CHECK(option(socket.get(), SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option(socket.get(), IPPROTO_TCP, TCP_KEEPIDLE) == expected.idle);
    CHECK(option(socket.get(), IPPROTO_TCP, TCP_KEEPINTVL) == expected.interval);
    CHECK(option(socket.get(), IPPROTO_TCP, TCP_USER_TIMEOUT) == expected.user_timeout);
  }
}

TEST_CASE("a listener leaves a successor's socket file alone", "[connection]") {
  event_loop loop;
  const address where = address::unix_path("successor_test.sock");
  std::optional<listener> first(std::in_place, loop.context, where);
  REQUIRE(::unlink("successor_test.sock") == 0);
  REQUIRE(::unlink("successor_test.sock.lock") == 0);
  listener second(loop.context, where);
  first.reset();
  CHECK(exists("successor_test.sock"));
  CHECK(exists("successor_test.sock.lock"));
}

TEST_CASE("a listener hands out connections until it is closed", "[connection]") {
  event_loop loop;
  listener l(loop.context, address::unix_abstract("pickled listener test"));
  int accepted = 0;
  loop.start([&]() -> asio::awaitable<void> {
    std::error_code error;
    while (!error) {
      descriptor socket;
      error = co_await accept(l, socket);
      if (socket) {
        CHECK((::fcntl(socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
        ++accepted;
      }
    }
    CHECK(error == std::errc::operation_canceled);
    descriptor none;
    co_await expect(accept(l, none), std::errc::operation_canceled);
  });
  const client one(l.local(), {});
  const client two(l.local(), {});
  loop.context.poll();
  CHECK(accepted == 2);
  const client three(l.local(), {});
  loop.context.poll();
  CHECK(accepted == 3);
  l.close();
  loop.context.run();
}

TEST_CASE("a listener outlives a time without file descriptors", "[connection]") {
  event_loop loop;
  listener l(loop.context, address());
  const client waiting(l.local(), {});
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  loop.start([&]() -> asio::awaitable<void> {
    const descriptor lowest(::dup(0));
    const rlimit none{static_cast<rlim_t>(lowest.get()), before.rlim_max};
    CHECK(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    descriptor socket;
    co_await expect(accept(l, socket), std::errc::too_many_files_open);
    CHECK(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    co_await expect_success(accept(l, socket));
    CHECK(socket);
  });
  loop.context.run();
}
