// SPDX-License-Identifier: BSL-1.0

#include "connection/message.hpp"

#include "connection/exception.hpp"
#include "pickled/connection/connection_errc.hpp"
#include "tests/recorded.hpp"

#include <catch2/catch.hpp>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_literals;

namespace {

reply read(const spliced& message) {
  const buffer joined = message.joined();
  reply r;
  REQUIRE_FALSE(read_reply(joined, r));
  return r;
}

}  // namespace

TEST_CASE("replies of CPython's are read", "[connection]") {
  const struct {
    const char* name;
    reply_kind expected;
    kind payload;
  } table[] = {
      {"return", reply_kind::returned, kind::dict},
      {"error", reply_kind::error, kind::instance},
      {"traceback", reply_kind::traceback, kind::str},
      {"unserializable", reply_kind::unserializable, kind::str},
      {"proxy reply", reply_kind::proxy, kind::tuple},
  };
  for (const auto& row : table) {
    for (const auto& message : recorded_messages(row.name)) {
      reply r;
      CHECK_FALSE(read_reply(as_bytes(message), r));
      CHECK(r.kind == row.expected);
      CHECK(r.payload->is(row.payload));
    }
  }
  for (const auto& message : recorded_messages("proxy reply")) {
    reply r;
    REQUIRE_FALSE(read_reply(as_bytes(message), r));
    const auto created = read_created_proxy(r.payload);
    REQUIRE(created);
    CHECK(created->exposed == std::vector{"__next__"s, "send"s});
    CHECK(created->referent.ident == "7fa35711b640");
  }
}

TEST_CASE("replies that are written are read back", "[connection]") {
  splicer out;
  begin_reply(reply_kind::returned, out).integer(42).end_tuple();
  const reply returned = read(std::move(out).finish());
  CHECK(returned.kind == reply_kind::returned);
  CHECK(returned.payload->as_integer() == 42);

  const reply error = read(make_error_reply(python_error("KeyError", "zz"), nullptr, "tb"));
  CHECK(error.kind == reply_kind::error);
  const auto exception = read_exception(error.payload);
  REQUIRE(exception);
  CHECK(exception->type.name == "KeyError");
  CHECK(exception->traceback == "tb");

  const reply text = read(make_text_reply(reply_kind::traceback, "no such thing"));
  CHECK(text.kind == reply_kind::traceback);
  CHECK(text.payload->as_str() == "no such thing");

  const token t{"Iterator", address::unix_path("/run/m"), "17"};
  const std::string exposed[] = {"__next__", "close"};
  const reply proxy = read(make_proxy_reply(exposed, t));
  CHECK(proxy.kind == reply_kind::proxy);
  const auto created = read_created_proxy(proxy.payload);
  REQUIRE(created);
  CHECK(created->exposed == std::vector{"__next__"s, "close"s});
  CHECK(created->referent == t);
}

TEST_CASE("what is no reply is an error", "[connection]") {
  const struct {
    std::string pickle;
    std::error_code expected;
  } table[] = {
      {"N", connection_errc::not_a_reply},
      {")", connection_errc::not_a_reply},
      {"\x8c\7#RETURN\x85"s, connection_errc::not_a_reply},
      {"\x8c\7#RETURNNN\x87"s, connection_errc::not_a_reply},
      {"NN\x86", connection_errc::not_a_reply},
      {"\x8c\6#ERRORN\x86"s, connection_errc::not_a_reply},
      {"\x8c\x0a#TRACEBACKN\x86"s, connection_errc::not_a_reply},
      {"\x8c\x0f#UNSERIALIZABLEK\1\x86"s, connection_errc::not_a_reply},
      {"\x8c\7#returnN\x86"s, connection_errc::unrecognized_reply},
      {"", pickle_errc::stack_underflow},
  };
  for (const auto& row : table) {
    reply r;
    const load_error error = read_reply(as_bytes("\x80\x04" + row.pickle + "."), r);
    CHECK(error.code == row.expected);
  }
  reply r;
  CHECK_FALSE(read_reply(as_bytes("\x80\x04](\x8c\7#RETURNNe."s), r));
}
