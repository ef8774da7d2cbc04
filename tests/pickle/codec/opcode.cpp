#include "pickle/codec/opcode.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace pickled;

TEST_CASE("opcodes are found by their byte", "[pickle]") {
  REQUIRE(find_opcode('.') != nullptr);
  CHECK(find_opcode('.')->name == "STOP");
  CHECK(find_opcode(0x8c)->argument == argument::unicodestring1);
  CHECK(find_opcode(0x98)->protocol == 5);
  CHECK(find_opcode(0) == nullptr);
  CHECK(find_opcode(0xff) == nullptr);
}

TEST_CASE("each protocol adds as many opcodes as in pickletools", "[pickle]") {
  std::array<int, 6> added{};
  for (const opcode_info& info : opcodes)
    ++added.at(info.protocol);
  CHECK(added == std::array<int, 6>{22, 19, 12, 2, 10, 3});
}
