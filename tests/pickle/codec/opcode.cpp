// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/opcode.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace pickled;

TEST_CASE("opcodes are found by their byte", "[pickle]") {
  REQUIRE(detail::find_opcode('.') != nullptr);
  CHECK(detail::find_opcode('.')->name == "STOP");
  CHECK(detail::find_opcode(0x8c)->argument == detail::argument::unicodestring1);
  CHECK(detail::find_opcode(0x98)->protocol == 5);
  CHECK(detail::find_opcode(0) == nullptr);
  CHECK(detail::find_opcode(0xff) == nullptr);
}

TEST_CASE("each protocol adds as many opcodes as in pickletools", "[pickle]") {
  std::array<int, 6> added{};
  for (const detail::opcode_info& info : detail::opcodes)
    ++added.at(info.protocol);
  CHECK(added == std::array<int, 6>{22, 19, 12, 2, 10, 3});
}
