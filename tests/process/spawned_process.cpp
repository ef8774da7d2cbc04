// SPDX-License-Identifier: BSL-1.0

#include "process/spawned_process.hpp"

#include "pickled/process/run_server.hpp"
#include "tests/recorded.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <thread>
#include <unistd.h>
#include <utility>

using namespace pickled;
using namespace pickled::detail;

namespace {

// Both ends close with it.
struct pipe_of_test {
  std::array<int, 2> ends{};

  pipe_of_test() { REQUIRE(::pipe(ends.data()) == 0); }
  ~pipe_of_test() {
    ::close(ends[0]);
    if (ends[1] >= 0) ::close(ends[1]);
  }
  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::write(ends[1], bytes.data(), bytes.size());
      if (count < 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void close_writer() { ::close(std::exchange(ends[1], -1)); }
};

}  // namespace

TEST_CASE("two pickles are taken from the pipe and nothing more", "[process]") {
  for (const recorded_process& recorded : recorded_processes("sync")) {
    const pipe_of_test pipe;
    pipe.write(recorded.preparation + recorded.process + "rest");
    const spawned_process read = read_spawned_process(pipe.ends[0]);
    CHECK(as_text(read.pickles.view()) == recorded.preparation + recorded.process);
    CHECK(read_run_server(read.process));
    std::array<char, 5> rest{};
    CHECK(::read(pipe.ends[0], rest.data(), rest.size()) == 4);
  }
}

TEST_CASE("a large process comes in many pieces", "[process]") {
  const std::string preparation = "\x80\x04}.";
  std::string process = "\x80\x04]" + std::string("B\0\0\x30\0", 5);
  process.append(0x300000, 'x').append("a.");
  const pipe_of_test pipe;
  std::thread parent([&] { pipe.write(preparation + process); });
  const spawned_process read = read_spawned_process(pipe.ends[0]);
  parent.join();
  CHECK(read.pickles.size() == preparation.size() + process.size());
  CHECK(read.process->as_items()[0].as_bytes().size() == 0x300000);
}

TEST_CASE("a process that cannot be read is none", "[process]") {
  const pipe_of_test pipe;
  pipe.write("N.(\x93.");
  const spawned_process read = read_spawned_process(pipe.ends[0]);
  CHECK(read.process->is_none());
  CHECK(read.pickles.size() == 5);
}

TEST_CASE("a parent that is gone is an error", "[process]") {
  const recorded_process recorded = recorded_processes("tcp").front();
  const std::string whole = recorded.preparation + recorded.process;
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    pipe_of_test pipe;
    pipe.write(std::string_view(whole).substr(0, size));
    pipe.close_writer();
    CHECK_THROWS_AS(read_spawned_process(pipe.ends[0]), std::runtime_error);
  }
}
