// SPDX-License-Identifier: BSL-1.0

// Servers of the program's own: $PICKLED_PROGRAM, with nothing but the build.

#include "pickled/proxy/connection_error.hpp"
#include "tests/integration/live_server.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

start_options by_program() {
  start_options options;
  options.program = environment("PICKLED_PROGRAM");
  return options;
}

bool answers(const address& where, std::string_view authkey) {
  try {
    manager::connect(where, authkey);
    return true;
  } catch (const connection_error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("a server that was started ends with its last handle", "[start]") {
  std::optional<manager> m = manager::start(by_program());
  std::optional<manager> copy = m;
  const address where = m->server();
  const std::string directory =
      std::filesystem::path(where.text().substr(std::string("unix:").size())).parent_path();
  const auto d = m->dict<std::string, int>();
  d["k"] = 1;
  m.reset();
  CHECK(d.at("k") == 1);
  CHECK(answers(where, authkey_of_process()));
  copy.reset();
  CHECK_FALSE(answers(where, authkey_of_process()));
  CHECK_FALSE(std::filesystem::exists(directory));
  CHECK_THROWS_AS(d.at("k"), connection_error);
}

TEST_CASE("a server is started with the options that it is given", "[start]") {
  start_options options = by_program();
  options.address = "127.0.0.1:0";
  options.authkey = "a key";
  options.arguments = {"--max-memory", "64kb"};
  const auto m = manager::start(options);
  CHECK(m.server().text().starts_with("127.0.0.1:"));
  CHECK(answers(m.server(), "a key"));
  CHECK_FALSE(answers(m.server(), "another key"));
  CHECK_THROWS_AS(m.list(std::vector{std::string(100'000, 'x')}), error);
}

TEST_CASE("a child made by fork leaves the server alone", "[start]") {
  std::optional<manager> m = manager::start(by_program());
  const pid_t child = ::fork();
  if (child == 0) {
    m.reset();
    std::_Exit(0);
  }
  ::waitpid(child, nullptr, 0);
  CHECK(answers(m->server(), authkey_of_process()));
}

TEST_CASE("a server that does not start is told", "[start]") {
  start_options options;
  options.program = "/nonexistent/pickled";
  CHECK(code_of([&] { manager::start(options); }) == std::errc::no_such_file_or_directory);
  options = by_program();
  options.arguments = {"--threads", "none"};
  CHECK_THROWS_MATCHES(
      manager::start(options), connection_error,
      says(options.program + " serve: it ended with exit code 2: No such process"));
}
