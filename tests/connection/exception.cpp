// SPDX-License-Identifier: BSL-1.0

#include "connection/exception.hpp"

#include "pickled/codec/unpickler.hpp"
#include "pickled/convert/convert.hpp"
#include "tests/recorded.hpp"

#include <catch2/catch.hpp>

using namespace pickled;
using namespace pickled::detail;

namespace {

value written(const python_error& error, std::optional<std::string_view> traceback = {}) {
  splicer out;
  write_exception(error, out, traceback);
  const buffer message = std::move(out).finish().joined();
  return loads(message);
}

}  // namespace

TEST_CASE("exceptions of CPython's are read", "[connection]") {
  for (const auto& message : recorded_messages("exception")) {
    const value v = loads(as_bytes(message));
    const auto e = read_exception(v);
    REQUIRE(e);
    CHECK(e->type == global_name{"builtins", "KeyError"});
    REQUIRE(e->args.as_items().size() == 1);
    CHECK(e->args.as_items()[0].as_str() == "zz");
    CHECK(e->state.is_none());
    CHECK(e->traceback.empty());
  }
  for (const auto& message : recorded_messages("exception with state")) {
    const value v = loads(as_bytes(message));
    const auto e = read_exception(v);
    REQUIRE(e);
    CHECK(e->args.as_items()[1].as_integer() == 1);
    REQUIRE(e->state.is(kind::dict));
    CHECK(e->state.as_entries()[0].key.as_str() == "colour");
  }
  for (const auto& message : recorded_messages("exception without arguments")) {
    const value v = loads(as_bytes(message));
    const auto e = read_exception(v);
    REQUIRE(e);
    CHECK(e->type.name == "StopIteration");
    CHECK(e->args.as_items().empty());
  }
  for (const auto& message : recorded_messages("exception with traceback")) {
    const value v = loads(as_bytes(message));
    const auto e = read_exception(v);
    REQUIRE(e);
    CHECK(e->type.name == "KeyError");
    CHECK(e->traceback == "\n\"\"\"\nKeyError: 'zz'\n\"\"\"");
  }
}

TEST_CASE("an exception that is written is read back", "[connection]") {
  const python_error error("queue.Full", value::tuple({7, "full"}));
  for (const std::optional<std::string_view> traceback :
       {std::optional<std::string_view>(), {"tb"}}) {
    const value v = written(error, traceback);
    const auto e = read_exception(v);
    REQUIRE(e);
    CHECK(e->type == global_name{"queue", "Full"});
    REQUIRE(e->args.as_items().size() == 2);
    CHECK(e->args.as_items()[0].as_integer() == 7);
    CHECK(e->args.as_items()[1].as_str() == "full");
    CHECK(e->traceback == traceback.value_or(""));
  }
}

TEST_CASE("what is no exception is told so", "[connection]") {
  CHECK_FALSE(read_exception(value_view::none()));
  const value twice = written(python_error("multiprocessing.pool.rebuild_exc", "x"), "tb");
  CHECK_FALSE(read_exception(twice));
}

TEST_CASE("an exception that was read can be thrown", "[connection]") {
  const value v = written(python_error("queue.Full", value::tuple({7, "full"})));
  const python_error error = to_python_error(*read_exception(v));
  CHECK(error.what() == std::string("queue.Full: (7, 'full')"));
  CHECK(error.args()->size() == 2);
  const value missing = written(python_error("KeyError", "k"));
  CHECK(to_python_error(*read_exception(missing)).what() == std::string("KeyError: 'k'"));
}
