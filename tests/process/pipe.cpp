// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/pipe.hpp"

#include "pickled/connection/connection_errc.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace pickled::multiprocessing;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

template <class Call>
std::error_code error_of(const Call& call) {
  try {
    call();
  } catch (const std::system_error& error) {
    return error.code();
  }
  return {};
}

}  // namespace

TEST_CASE("messages go both ways through a duplex pipe", "[process]") {
  const auto [one, two] = pipe();
  for (const std::size_t size : {0UL, 1UL, 16384UL, 16385UL}) {
    one.send(std::string(size, 'x'));
    two.send(std::string(size, 'y'));
    CHECK(two.recv<std::string>() == std::string(size, 'x'));
    CHECK(one.recv<std::string>() == std::string(size, 'y'));
  }
  CHECK_FALSE(one.poll());
  CHECK_FALSE(one.poll(1ms));
}

TEST_CASE("a large message goes as it is read", "[process]") {
  const auto [reader, writer] = pipe(false);
  const std::string large(5'000'000, 'x');
  std::thread other([&, to = writer] { to.send_bytes(as_bytes(large)); });
  CHECK(as_text(reader.recv_bytes().view()) == large);
  other.join();
}

TEST_CASE("a pipe is made wider for what is large, and never narrower", "[process]") {
  constexpr std::size_t usual = std::size_t{64} << 10;
  constexpr int wider = 1 << 20;
  const auto capacity = [](const connection& end) { return ::fcntl(end.fileno(), F_GETPIPE_SZ); };
  const auto [reader, writer] = pipe(false);
  const int before = capacity(reader);
  writer.send_bytes(as_bytes(std::string(usual / 2, 'x')));
  reader.recv_bytes();
  CHECK(capacity(reader) == before);
  std::thread other([&, from = reader] { from.recv_bytes(); });
  writer.send_bytes(as_bytes(std::string(usual + 1, 'x')));
  other.join();
  CHECK(capacity(reader) > before);
  REQUIRE(::fcntl(reader.fileno(), F_SETPIPE_SZ, wider) == wider);
  writer.send_bytes(as_bytes(std::string(usual + 1, 'x')));
  reader.recv_bytes();
  CHECK(capacity(reader) == wider);
}

TEST_CASE("messages that are sent together are received one by one", "[process]") {
  const auto [reader, writer] = pipe(false);
  std::vector<buffer> messages;
  for (const std::size_t size : {1UL, 0UL, 300UL})
    messages.emplace_back(as_bytes(std::string(size, 'x')));
  writer.send_together(messages);
  for (const buffer& message : messages)
    CHECK(as_text(reader.recv_bytes()) == as_text(message));
  CHECK_FALSE(reader.poll());
}

TEST_CASE("the ends of a pipe that is not duplex have one way each", "[process]") {
  const auto [reader, writer] = pipe(false);
  CHECK_FALSE(reader.writable());
  CHECK_FALSE(writer.readable());
  CHECK_THROWS_WITH(reader.send(1), Catch::Contains("connection is read-only"));
  CHECK_THROWS_WITH(writer.recv(), Catch::Contains("connection is write-only"));
}

TEST_CASE("the end of a pipe is told", "[process]") {
  const auto [reader, writer] = pipe(false);
  writer.send(1);
  writer.close();
  CHECK(writer.closed());
  CHECK(reader.recv<int>() == 1);
  CHECK(reader.poll());
  CHECK(error_of([&reader = reader] { reader.recv(); }) == connection_errc::end_of_file);
  CHECK(error_of([&writer = writer] { writer.send(1); }) == std::errc::bad_file_descriptor);
  reader.close();
  CHECK_THROWS_WITH(reader.poll(), Catch::Contains("handle is closed"));
}

TEST_CASE("a message that is cut off is an error", "[process]") {
  const std::string message = "\xff\xff\xff\xff\0\0\0\0\0\0\0\x05hello"s;
  for (std::size_t size = 1; size != message.size(); ++size) {
    const auto [reader, writer] = pipe(false);
    REQUIRE(::write(writer.fileno(), message.data(), size) == static_cast<ssize_t>(size));
    writer.close();
    CHECK(error_of([&reader = reader] { reader.recv_bytes(); }) == connection_errc::truncated);
  }
}

TEST_CASE("a message may not be longer than allowed", "[process]") {
  const auto [reader, writer] = pipe(false);
  writer.send_bytes(as_bytes("hello"));
  writer.send_bytes(as_bytes("hello"));
  CHECK(reader.recv_bytes(5).size() == 5);
  CHECK(error_of([&reader = reader] { reader.recv_bytes(4); }) ==
        connection_errc::message_too_long);
}

TEST_CASE("a length that nothing follows takes no room", "[process]") {
  const auto [reader, writer] = pipe(false);
  const std::string head = "\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff"s;
  REQUIRE(::write(writer.fileno(), head.data(), head.size()) == 12);
  writer.close();
  CHECK(error_of([&reader = reader] { reader.recv_bytes(); }) == connection_errc::truncated);
}

TEST_CASE("writing to nobody is an error of the writer, and no signal", "[process]") {
  const auto [reader, writer] = pipe(false);
  reader.close();
  CHECK(error_of([&writer = writer] { writer.send(1); }) == std::errc::broken_pipe);
  sigset_t pending;
  ::sigpending(&pending);
  CHECK(::sigismember(&pending, SIGPIPE) == 0);
}

TEST_CASE("many connections are waited for at once", "[process]") {
  const auto [reader, writer] = pipe(false);
  const auto [other, closed] = pipe(false);
  const std::vector<connection> both{reader, other};
  CHECK(wait(both, deadline_after(1ms)).empty());
  writer.send(1);
  auto ready = wait(both);
  REQUIRE(ready.size() == 1);
  CHECK(ready[0].fileno() == reader.fileno());
  closed.close();
  CHECK(wait(both).size() == 2);
}

TEST_CASE("connections are read as they are pickled for a child", "[process]") {
  const auto [one, two] = pipe(false);
  value_view written;
  arena room;
  value_builder b(room);
  {
    const spawning child;
    written = to_value(one, b);
    REQUIRE(child.inherited().size() == 1);
    CHECK(child.inherited()[0]->get() == one.fileno());
  }
  // It inherits them under their numbers.
  const int inherited = ::dup(one.fileno());
  const dict_entry fd{b.str("fd"), value_view::integer(inherited)};
  const std::array<value_view, 3> args{
      write_instance({"multiprocessing.popen_spawn_posix", "_DupFd"}, b.dict({&fd, 1}), b),
      value_view::boolean(true), value_view::boolean(false)};
  const value_view pickled_again =
      b.instance(instance_node::construction::reduce,
                 b.global("multiprocessing.connection", "rebuild_connection"), b.tuple(args));
  const auto read = pickled_again.get<connection>();
  const auto again = pickled_again.get<connection>();
  CHECK(read.fileno() == inherited);
  CHECK(read.readable());
  CHECK_FALSE(read.writable());
  two.send(5);
  CHECK(again.recv<int>() == 5);
  again.close();
  CHECK(read.closed());
  CHECK_THROWS_AS(pickled_again.get<connection>(), std::system_error);
  CHECK_THROWS_AS(value_view::integer(1).get<connection>(), conversion_error);
}
