// SPDX-License-Identifier: BSL-1.0

#include "process/command_line.hpp"

#include "tests/recorded.hpp"

#include <catch2/catch.hpp>

using namespace pickled;
using namespace pickled::detail;
using words = std::vector<std::string>;

TEST_CASE("CPython's command lines are told from ours", "[process]") {
  for (const char* name : {"sync", "ordinary", "resource_tracker"}) {
    const auto recorded = recorded_processes(name);
    REQUIRE(recorded.size() >= 6);
    for (const recorded_process& process : recorded) {
      CAPTURE(process.arguments);
      CHECK(find_code(process.arguments) == 5);
    }
  }
  CHECK(find_code(words{"-c", "from multiprocessing.forkserver import main; main(5, 7, [])"}) == 1);
  CHECK(find_code(words{"-c", "import sys; from multiprocessing.forkserver import main; main()",
                        "argument"}) == 1);
  CHECK_FALSE(find_code(words{}));
  CHECK_FALSE(find_code(words{"-c"}));
  CHECK_FALSE(find_code(words{"--version"}));
  CHECK_FALSE(find_code(words{"-c", "print('hello')"}));
  CHECK_FALSE(find_code(words{"show", "-c", "multiprocessing"}));
}

TEST_CASE("a spawned process is told its descriptors", "[process]") {
  for (const recorded_process& process : recorded_processes("tcp")) {
    const auto spawned = parse_spawn_code(process.arguments.at(5));
    REQUIRE(spawned);
    CHECK(spawned->pipe_handle > 2);
    REQUIRE(spawned->tracker_fd);
    CHECK(*spawned->tracker_fd > 2);
  }
  for (const recorded_process& process : recorded_processes("resource_tracker"))
    CHECK_FALSE(parse_spawn_code(process.arguments.at(5)));
}

TEST_CASE("the code of a spawned process is read as it is written", "[process]") {
  const std::string start = "from multiprocessing.spawn import spawn_main; spawn_main(";
  CHECK(parse_spawn_code(start + "tracker_fd=5, pipe_handle=13)") == spawn_arguments{13, 5});
  CHECK(parse_spawn_code(start + "pipe_handle=13)") == spawn_arguments{13, std::nullopt});
  CHECK(parse_spawn_code(start + "tracker_fd=None, pipe_handle=13)") ==
        spawn_arguments{13, std::nullopt});
  CHECK(parse_spawn_code(start + "parent_pid=7, pipe_handle=13)") ==
        spawn_arguments{13, std::nullopt});
  for (const char* rest : {"", ")", "tracker_fd=5)", "pipe_handle=13", "pipe_handle=-1)",
                           "pipe_handle=x)", "pipe_handle=)", "pipe_handle=99999999999)"}) {
    CAPTURE(rest);
    CHECK_FALSE(parse_spawn_code(start + rest));
  }
  CHECK_FALSE(parse_spawn_code("spawn_main(pipe_handle=13)"));
}
