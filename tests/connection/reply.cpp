// SPDX-License-Identifier: BSL-1.0

#include "connection/reply.hpp"

#include "pickled/connection/connection_errc.hpp"
#include "pickled/convert/convert.hpp"
#include "tests/server/support.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("short replies are pairs of kind and payload", "[server]") {
  CHECK(words(return_none()) == "('#RETURN', None)");
  CHECK(words(return_integer(3)) == "('#RETURN', 3)");
  CHECK(words(return_str("ab")) == "('#RETURN', 'ab')");
  CHECK(
      words(traceback_reply("f", "no")) ==
      "('#TRACEBACK', 'Traceback (most recent call last):\\n  File \"<pickled>\", in f\\nno\\n')");
}

TEST_CASE("a traceback ends with the line of its error", "[server]") {
  CHECK(traceback_text("serve_client", "KeyError: 'x'") ==
        "Traceback (most recent call last):\n"
        "  File \"<pickled>\", in serve_client\n"
        "KeyError: 'x'\n");
}

TEST_CASE("the last line of an exception is Python's", "[server]") {
  CHECK(error_line(python_error("KeyError", "name")) == "KeyError: 'name'");
  CHECK(error_line(python_error("ValueError", "bad")) == "ValueError: bad");
  CHECK(error_line(python_error("queue.Full")) == "queue.Full");
  CHECK(error_line(python_error("KeyError", value::tuple({3}))) == "KeyError: 3");
  CHECK(error_line(python_error("OSError", value::tuple({2, "no"}))) == "OSError: [Errno 2] no");
}

TEST_CASE("what is wrong with a connection is said in CPython's words", "[server]") {
  CHECK(error_line(connection_errc::digest_received_wrong) ==
        "multiprocessing.context.AuthenticationError: digest received was wrong");
  CHECK(error_line(connection_errc::message_too_long) == "OSError: bad message length");
  CHECK(error_line(connection_errc::truncated) == "OSError: got end of file during message");
  CHECK(error_line(connection_errc::end_of_file) == "EOFError");
}

TEST_CASE("what is wrong with a pickle is said in CPython's words", "[server]") {
  CHECK(error_line(load_error{pickle_errc::ran_out_of_input, 0, 0}) ==
        "EOFError: Ran out of input");
  CHECK(error_line(load_error{pickle_errc::truncated, 3, 0x8c}) ==
        "_pickle.UnpicklingError: pickle data was truncated at byte 3 (SHORT_BINUNICODE)");
}
