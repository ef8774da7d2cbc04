// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/run_server.hpp"

#include "pickled/codec/unpickler.hpp"
#include "pickled/connection/frame.hpp"
#include "pickled/connection/token.hpp"
#include "pickled/python/repr.hpp"
#include "tests/recorded.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstring>
#include <unistd.h>
#include <utility>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_literals;

namespace {

run_server_arguments read(const recorded_process& process) {
  auto asked = read_run_server(loads(as_bytes(process.process)));
  REQUIRE(asked);
  return std::move(*asked);
}

}  // namespace

TEST_CASE("a manager asks for its server", "[process]") {
  for (const recorded_process& process : recorded_processes("sync")) {
    const run_server_arguments asked = read(process);
    CHECK_FALSE(asked.where);
    CHECK(asked.authkey == "key of the process");
    CHECK(asked.writer > 2);
    CHECK_FALSE(asked.tempdir);
    REQUIRE(asked.registry->is(kind::dict));
    CHECK(repr(asked.registry).find("'Queue': (<class 'queue.Queue'>, None, None,") !=
          std::string::npos);
  }
  for (const recorded_process& process : recorded_processes("shared_memory"))
    CHECK(repr(read(process).registry) == "{}");
}

TEST_CASE("a manager may name the address and the key", "[process]") {
  const std::pair<const char*, address> managers[] = {
      {"tcp", address::inet("127.0.0.1", 0)},
      {"path", address::unix_path("/run/app/manager")},
      {"abstract", address::unix_abstract("app")},
  };
  for (const auto& [name, where] : managers) {
    for (const recorded_process& process : recorded_processes(name)) {
      const run_server_arguments asked = read(process);
      CHECK(asked.where == where);
      CHECK(asked.authkey == "key of its own");
    }
  }
}

TEST_CASE("a manager with a serializer of its clients' choice is read", "[process]") {
  const auto processes = recorded_processes("xmlrpclib");
  REQUIRE_FALSE(processes.empty());
  for (const recorded_process& process : processes)
    CHECK_FALSE(read(process).authkey.empty());
}

TEST_CASE("a manager that needs a Python is refused", "[process]") {
  for (const recorded_process& process : recorded_processes("initializer"))
    CHECK_THROWS_WITH(read(process), Catch::Contains("app.setting_up"));
}

TEST_CASE("other processes are not ours", "[process]") {
  for (const recorded_process& process : recorded_processes("ordinary"))
    CHECK_FALSE(read_run_server(loads(as_bytes(process.process))));
  // A whole tree of values, and what is left when any byte of a real one is another.
  CHECK_FALSE(read_run_server(value()));
  const recorded_process process = recorded_processes("tcp").front();
  for (std::size_t i = 0; i != process.process.size(); ++i) {
    std::string bent = process.process;
    bent[i] = static_cast<char>(bent[i] ^ 1);
    load_error error;
    const value loaded = loads(as_bytes(bent), error);
    if (error) continue;
    try {
      read_run_server(loaded);
    } catch (const std::runtime_error&) {
      // Another serializer or address.
    }
  }
}

TEST_CASE("the directory of a family is taken over", "[process]") {
  // class SpawnProcess with {'_target': getattr(m.M, '_run_server'), '_args': ({}, '', b'k',
  // 'pickle', rebuild_connection(<fd 9>)), '_config': {'tempdir': '/t'}}
  const std::string pickle =
      "cm\nP\n)\x81}(X\x07\0\0\0_targetcbuiltins\ngetattr\n(cm\nM\nX\x0b\0\0\0_run_servertR"
      "X\x05\0\0\0_args(}X\0\0\0\0C\x01kX\x06\0\0\0picklecmultiprocessing.connection\n"
      "rebuild_connection\n(cd\nD\n)\x81}X\x02\0\0\0fdK\x09sbtRt"
      "X\x07\0\0\0_config}X\x07\0\0\0tempdirX\x02\0\0\0/tsub."s;
  const auto asked = read_run_server(loads(as_bytes("\x80\x03" + pickle)));
  REQUIRE(asked);
  CHECK(asked->tempdir == "/t");
  CHECK(asked->writer == 9);
  CHECK(asked->authkey == "k");
  CHECK_FALSE(asked->where);
}

TEST_CASE("the parent is sent the address in a frame", "[process]") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  send_address(ends[1], address::inet("127.0.0.1", 5000));
  frame_reader reader;
  std::size_t got = 0;
  do {
    const auto room = reader.prepare();
    got = static_cast<std::size_t>(::read(ends[0], room.data(), room.size()));
    reader.commit(got);
  } while (got != 0);  // it was closed
  bytes_view message;
  REQUIRE(reader.next(message) == frame_reader::status::message);
  CHECK(repr(loads(message)) == "('127.0.0.1', 5000)");
  ::close(ends[0]);
}
