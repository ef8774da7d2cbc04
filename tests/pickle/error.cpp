#include "pickle/error.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace pickled;

TEST_CASE("a load error says what, where and at which opcode", "[pickle]") {
  CHECK_FALSE(load_error{});
  CHECK(load_error{}.message().empty());
  const load_error underflow{pickle_errc::stack_underflow, 17, 0x86};
  CHECK(underflow);
  CHECK(underflow.message() == "unpickling stack underflow at byte 17 (TUPLE2)");
  const load_error unknown{pickle_errc::invalid_load_key, 3, 0xff};
  CHECK(unknown.message() == "invalid load key at byte 3 (0xff)");
  const load_error ended{pickle_errc::ran_out_of_input, 5, 0};
  CHECK(ended.message() == "ran out of input at byte 5");
}

TEST_CASE("an unpickling error carries its load error", "[pickle]") {
  const unpickling_error error(load_error{pickle_errc::truncated, 2, 'X'});
  CHECK(error.where().offset == 2);
  CHECK(error.code() == pickle_errc::truncated);
  CHECK(std::string(error.what()) == "at byte 2 (BINUNICODE): pickle data was truncated");
}
