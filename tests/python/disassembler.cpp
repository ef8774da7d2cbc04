// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/disassembler.hpp"

#include "tests/recorded.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using pickled::load_error;
using pickled::pickle_errc;
using namespace std::string_view_literals;

namespace {

struct disassembly {
  load_error error;
  std::size_t consumed = 0;
  std::string text;
};

disassembly disassemble(pickled::bytes_view input) {
  disassembly result;
  std::ostringstream out;
  result.error = pickled::disassemble(input, out, result.consumed);
  result.text = out.str();
  return result;
}

}  // namespace

TEST_CASE("a pickle is disassembled as pickletools.dis prints it", "[pickle]") {
  std::ifstream data(pickled::detail::test_data("disassembly.txt"));
  REQUIRE(data);
  std::size_t cases = 0;
  for (std::string hex; std::getline(data, hex); ++cases) {
    std::string expected;
    for (std::string line; std::getline(data, line) && !line.empty();) {
      expected += line + "\n";
    }
    const std::string bytes = pickled::detail::unhex(hex);
    const pickled::bytes_view pickle = pickled::as_bytes(bytes);
    INFO(hex);
    const disassembly result = disassemble(pickle);
    CHECK_FALSE(result.error);
    CHECK(result.consumed == pickle.size());
    CHECK(result.text == expected);
  }
  CHECK(cases > 100);
}

TEST_CASE("a float beyond any float is infinite, as pickletools has it", "[pickle]") {
  const disassembly d = disassemble(pickled::as_bytes("F-1e400\n."));
  CHECK_FALSE(d.error);
  CHECK_THAT(d.text, Catch::StartsWith("    0: F    FLOAT      -inf\n"));
}

TEST_CASE("a disassembly stops at the first pickle's end", "[pickle]") {
  const disassembly result = disassemble(pickled::as_bytes("N.N."));
  CHECK_FALSE(result.error);
  CHECK(result.consumed == 2);
}

TEST_CASE("an int without a text is told of", "[pickle]") {
  const std::string number(2000, 'w');
  const disassembly result =
      disassemble(pickled::as_bytes(std::string("\x8b\xd0\7\0\0", 5) + number + "."));
  CHECK_FALSE(result.error);
  CHECK(result.text.find("LONG4      an int of 2000 bytes\n") != std::string::npos);
}

TEST_CASE("what is wrong with a pickle is told after the lines before it", "[pickle]") {
  struct wrong {
    std::string_view pickle;
    pickle_errc reason;
    std::size_t offset;
    std::string_view last_line;
  };
  const std::vector<wrong> table{
      {"K\x01\xff", pickle_errc::invalid_load_key, 2, "    0: K    BININT1    1\n"},
      {"K\x01", pickle_errc::ran_out_of_input, 2, "    0: K    BININT1    1\n"},
      {"NX\x09\x00\x00\x00zz"sv, pickle_errc::truncated, 1, "    0: N    NONE\n"},
      {"Ne", pickle_errc::mark_not_found, 1, "    1: e    APPENDS    no MARK exists on stack\n"},
      {"\x86.", pickle_errc::stack_underflow, 0, "    0: \\x86 TUPLE2\n"},
      {"h\x05.", pickle_errc::memo_missing, 0, "    0: h    BINGET     5\n"},
      {"(\x94.", pickle_errc::unexpected_mark, 1, "    1: \\x94     MEMOIZE    (as 0)\n"},
      {"X\x01\x00\x00\x00\xff."sv, pickle_errc::bad_utf8, 0, ""},
      {"Ix\n.", pickle_errc::bad_operand, 0, ""},
  };
  for (const wrong& row : table) {
    const disassembly result = disassemble(pickled::as_bytes(row.pickle));
    INFO(result.text << result.error.message());
    CHECK(result.error.code == row.reason);
    CHECK(result.error.offset == row.offset);
    CHECK(result.text.ends_with(row.last_line));
  }
}
