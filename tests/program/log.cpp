// SPDX-License-Identifier: BSL-1.0

#include "program/log.hpp"

#include <catch2/catch.hpp>
#include <spdlog/spdlog.h>

#include <chrono>
#include <fcntl.h>
#include <string>
#include <unistd.h>

using namespace pickled;
using namespace pickled::detail;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a line of the log is one line, and steers no terminal", "[program]") {
  const struct {
    std::string text;
    std::string line;
  } cases[] = {
      {"pid 42: \xc3\xa4 'b' \\n", "pid 42: \xc3\xa4 'b' \\n"},
      {"a\nb\r\tc", "a\\nb\\x0d\\x09c"},
      {"\x1b[31mred\x7f", "\\x1b[31mred\\x7f"},
      {"\xc2\x9b"
       "31m",
       "\\xc2\\x9b"
       "31m"},
      {"\xc2\xa0", "\xc2\xa0"},
      {"\xff\xc3", "\\xff\\xc3"},
      {std::string("\0", 1), "\\x00"},
  };
  for (const auto& [text, line] : cases)
    CHECK(one_line(text) == line);
}

TEST_CASE("of a long text the log has the beginning, and its length", "[program]") {
  const std::string longest(1000, 'x');
  CHECK(one_line(longest) == longest);
  CHECK(one_line(longest + 'y') == longest + "… (1001 bytes)");
  CHECK(one_line(std::string(999, 'x') + "\xc3\xa4 and so on") ==
        std::string(999, 'x') + "… (1011 bytes)");
}

TEST_CASE("a line is about what stands before its first colon or comma", "[program]") {
  CHECK(subject_of("pid 42: gone") == "pid 42");
  CHECK(subject_of("127.0.0.1:4711: gone") == "127.0.0.1");
  CHECK(subject_of("a stranger, pid 42: gone") == "a stranger");
  CHECK(subject_of("gone") == "gone");
  CHECK(subject_of("") == "");
}

TEST_CASE("of one subject the log takes ten lines, and then one in ten seconds", "[program]") {
  log_budget budget;
  const log_budget::time_point start{seconds(1000)};
  for (int i = 0; i != 10; ++i)
    CHECK(budget.admits("pid 1", start));
  for (int i = 0; i != 3; ++i)
    CHECK_FALSE(budget.admits("pid 1", start + seconds(9)));
  CHECK(budget.admits("pid 2", start));
  CHECK(budget.left_out("pid 2") == 0);
  CHECK(budget.admits("pid 1", start + seconds(10)));
  CHECK(budget.left_out("pid 1") == 3);
  CHECK(budget.left_out("pid 1") == 0);
  CHECK_FALSE(budget.admits("pid 1", start + seconds(11)));
  for (int i = 0; i != 10; ++i)
    CHECK(budget.admits("pid 1", start + seconds(200)));
}

TEST_CASE("of all subjects the log takes a thousand lines, and then fifty a second", "[program]") {
  log_budget budget;
  const log_budget::time_point start{seconds(1000)};
  const auto taken = [&](int first, int count, log_budget::time_point now) {
    int lines = 0;
    for (int i = first; i != first + count; ++i)
      lines += budget.admits(std::to_string(i), now) ? 1 : 0;
    return lines;
  };
  CHECK(taken(0, 20'000, start) == 1000);
  CHECK(taken(20'000, 20'000, start + seconds(1)) == 50);
  CHECK(taken(0, 20'000, start + milliseconds(1020)) == 1);
  CHECK(budget.left_out("another") > 0);  // of those that have no account of their own
}

TEST_CASE("the log ends while it writes its last line", "[program]") {
  const int out = ::dup(STDERR_FILENO);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  REQUIRE(::dup2(nowhere, STDERR_FILENO) != -1);
  for (int i = 0; i != 2000; ++i) {
    const server_log log;
    spdlog::info("subject {}: a line", i);
  }
  ::dup2(out, STDERR_FILENO);
  ::close(nowhere);
  ::close(out);
}
