// SPDX-License-Identifier: BSL-1.0

#include "pickled/value/error.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

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

TEST_CASE("a load error names the exception of CPython's", "[pickle]") {
  const struct {
    load_error error;
    std::string_view exception;
  } table[] = {
      {{pickle_errc::ran_out_of_input, 0, 0}, "EOFError"},
      {{pickle_errc::truncated, 0, 'K'}, "_pickle.UnpicklingError"},
      {{pickle_errc::bad_operand, 0, 'I'}, "ValueError"},
      {{pickle_errc::impossible_length, 0, 0x95}, "OverflowError"},
      {{pickle_errc::out_of_range, 0, 'F'}, "OverflowError"},
      {{pickle_errc::bad_ascii, 0, 'i'}, "UnicodeDecodeError"},
      {{pickle_errc::bad_utf8, 0, 'X'}, "UnicodeDecodeError"},
      {{pickle_errc::args_not_a_tuple, 0, 'R'}, "TypeError"},
      {{pickle_errc::args_not_a_tuple, 0, 0x81}, "_pickle.UnpicklingError"},
      {{pickle_errc::not_a_container, 0, 'e'}, "AttributeError"},
      {{pickle_errc::not_a_container, 0, 's'}, "TypeError"},
      {{pickle_errc::too_large, 0, 'X'}, "MemoryError"},
  };
  for (const auto& entry : table)
    CHECK(entry.error.python_exception() == entry.exception);
}

TEST_CASE("an unpickling error carries its load error", "[pickle]") {
  const unpickling_error error(load_error{pickle_errc::truncated, 2, 'X'});
  CHECK(error.where().offset == 2);
  CHECK(error.code() == pickle_errc::truncated);
  CHECK(std::string(error.what()) == "at byte 2 (BINUNICODE): pickle data was truncated");
}
