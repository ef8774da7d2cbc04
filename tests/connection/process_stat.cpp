// SPDX-License-Identifier: BSL-1.0

#include "connection/process_stat.hpp"

#include "pickled/connection/socket.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <string>

using namespace pickled;
using namespace pickled::detail;

namespace {

// Fields 3 to 52, as Linux writes them.
std::string line(std::string_view name, char state, int start, int exit_code) {
  constexpr int threads = 7;
  std::string text = fmt::format("42 ({}) {}", name, state);
  for (int field = 4; field <= 52; ++field)
    text += fmt::format(" {}", field == 20   ? threads
                               : field == 22 ? start
                               : field == 52 ? exit_code
                                             : -1);
  return text + '\n';
}

}  // namespace

TEST_CASE("the state, threads, start and exit code of a process are read", "[connection]") {
  for (const char* name : {"cat", "a b", "x) R 7 (y", ""}) {
    const auto found = parse_process_stat(line(name, 'Z', 1234, 256));
    REQUIRE(found.has_value());
    CHECK(found->state == 'Z');
    CHECK(found->threads == 7);
    CHECK(found->start_time == 1234);
    CHECK(found->exit_code == 256);
  }
}

TEST_CASE("the file of a process is read", "[connection]") {
  const descriptor file(::open("/proc/self/stat", O_RDONLY | O_CLOEXEC));
  const auto found = read_process_stat(file.get());
  REQUIRE(found.has_value());
  CHECK(found->state == 'R');
  CHECK(found->threads >= 1);  // a sanitizer may have one of its own
  CHECK(found->start_time != 0);
  CHECK_FALSE(read_process_stat(-1).has_value());
}

TEST_CASE("what is cut off tells nothing of a process", "[connection]") {
  const std::string whole = line("cat", 'R', 1234, 5);
  for (std::size_t size = 0; size != whole.size() - 2; ++size)
    CHECK_FALSE(parse_process_stat(whole.substr(0, size)).has_value());
  CHECK_FALSE(parse_process_stat("42 (cat) R x").has_value());
}
