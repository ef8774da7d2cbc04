// SPDX-License-Identifier: BSL-1.0

// Processes of CPython's started from C++; interop/workers runs it with each CPython.

#include "pickled/process/process.hpp"

#include "pickled/process/queues.hpp"
#include "process/awaitable.hpp"
#include "tests/integration/live_pool.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace pickled::multiprocessing;
using namespace std::chrono_literals;

namespace {

process_options run_by(const std::string& executable) {
  return {.spawn = {.executable = executable}};
}
process_options in_worker() {
  return run_by(jobs_worker());
}

int exit_code_of(process p) {
  p.start();
  p.join();
  return p.exit_code().value();
}

}  // namespace

TEST_CASE("a function of Python's runs in a process", "[process]") {
  const temporary_file file;
  process p("tasks.write", file.path(), keyword{"text", "hello"});
  CHECK_FALSE(p.exit_code());
  CHECK_FALSE(p.is_alive());
  CHECK(p.name().starts_with("SpawnProcess-"));
  p.start();
  CHECK(p.pid() > 0);
  p.join();
  CHECK(p.exit_code() == 0);
  CHECK_FALSE(p.is_alive());
  CHECK(file.content() == "hello");
  CHECK_THROWS_AS(p.start(), std::logic_error);
}

TEST_CASE("exit codes are CPython's", "[process]") {
  CHECK(exit_code_of(process("tasks.leave", 7)) == 7);
  CHECK(exit_code_of(process("sys.exit", 3)) == 3);
  CHECK(exit_code_of(process("tasks.crash", SIGKILL)) == -SIGKILL);
  CHECK(exit_code_of(process(in_worker(), "jobs.leave", 4)) == 4);
  CHECK(exit_code_of(process(in_worker(), "jobs.square", 4)) == 0);
}

TEST_CASE("what goes wrong in the child is told by its exit code", "[process]") {
  CHECK(exit_code_of(process("tasks.fail", "value")) == 1);
  CHECK(exit_code_of(process("nowhere.f")) == 1);
}

TEST_CASE("join waits as long as it is told", "[process]") {
  process p(process_options{.name = "sleeper", .daemon = true}, "time.sleep", 300);
  CHECK(p.name() == "sleeper");
  CHECK(p.daemon());
  CHECK_THROWS_AS(p.join(), std::logic_error);
  p.start();
  CHECK_FALSE(p.join(10ms));
  CHECK(p.is_alive());
  p.kill();
  CHECK(p.join(60s));
  CHECK(p.exit_code() == -SIGKILL);
}

TEST_CASE("a daemon is ended by its destructor", "[process]") {
  pid_t pid;
  {
    process p(process_options{.daemon = true}, "time.sleep", 300);
    p.start();
    pid = p.pid();
  }
  CHECK(::kill(pid, 0) != 0);
}

TEST_CASE("the sentinel is readable when the process has ended", "[process]") {
  process p("time.sleep", 0);
  p.start();
  pollfd sentinel{p.sentinel(), POLLIN, 0};
  CHECK(::poll(&sentinel, 1, 60'000) == 1);
  CHECK_FALSE(p.is_alive());

  asio::io_context context;
  process waited("tasks.leave", 5);
  waited.start();
  int code = 0;
  const auto wait = [&]() -> asio::awaitable<void> { code = co_await async_join(waited); };
  asio::co_spawn(context, wait(), asio::detached);
  context.run();
  CHECK(code == 5);
}

TEST_CASE("queues and connections go to the child", "[process]") {
  const auto [ours, theirs] = pipe();
  const simple_queue results = simple_queue::create();
  process p("tasks.answer", theirs, results);
  p.start();
  ours.send(20);
  CHECK(results.get<int>() == 40);
  p.join();
  CHECK(p.exit_code() == 0);
}

TEST_CASE("large arguments and other directories", "[process]") {
  const temporary_file file;
  process_options options;
  options.spawn.directory = "/";
  options.spawn.flags = {"-O"};
  process p(options, "tasks.describe", file.path(), std::string(1'000'000, 'x'));
  p.start();
  p.join();
  CHECK(file.content() == "/ 1 1000000");
}

TEST_CASE("a program that is not there is an error at once", "[process]") {
  process p(run_by("/nowhere/python"), "time.sleep", 1);
  CHECK_THROWS_WITH(p.start(), Catch::StartsWith("cannot run /nowhere/python"));
  process named(run_by("no-such-python"), "time.sleep", 1);
  CHECK_THROWS_WITH(named.start(), Catch::StartsWith("cannot run no-such-python"));
  CHECK_THROWS_AS(process("sleep"), std::invalid_argument);
  process in_nowhere(process_options{.spawn = {.directory = "/nowhere"}}, "time.sleep", 1);
  CHECK_THROWS_AS(in_nowhere.start(), std::system_error);
}
