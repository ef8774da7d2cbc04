// SPDX-License-Identifier: BSL-1.0

#include "server/server_functions.hpp"

#include "connection/reply.hpp"
#include "pickled/connection/token.hpp"
#include "tests/server/support.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using action = command_result::action;

namespace {

struct fixture {
  context host{without_grace(), cell_registry()};

  command_result run(std::string_view function, std::vector<frozen> args = {},
                     std::vector<std::pair<std::string, frozen>> kwds = {}) {
    return run_command(host, request("", function, std::move(args), std::move(kwds)));
  }
  std::string answer(std::string_view function, std::vector<frozen> args = {}) {
    const command_result result = run(function, std::move(args));
    CHECK_FALSE(result.twice);
    CHECK(result.then == action::close);
    return result.reply ? words(*result.reply) : words(return_none());
  }
  // The ident out of the reply to create.
  std::string create(std::vector<frozen> args) {
    const buffer reply = run("create", std::move(args)).reply.value().joined();
    return std::string(value_argument(loads(reply)).as_items()[1].as_items()[0].as_str());
  }
};

// The last line of a traceback, as words() shows it.
auto ends_with(const std::string& line) {
  return Catch::EndsWith("\\n" + line + "\\n')");
}

frozen token_of(std::string_view ident) {
  splicer out;
  write_token({"cell", address::unix_path("/run/here"), std::string(ident)}, out);
  return std::move(out).freeze();
}

}  // namespace

TEST_CASE_METHOD(fixture, "dummy answers", "[server]") {
  CHECK(answer("dummy") == "('#RETURN', None)");
}

TEST_CASE_METHOD(fixture, "wrong arguments are counted as CPython counts them", "[server]") {
  const frozen one = frozen::integer(1);
  const auto keyword = [&](std::string_view function, const char* name) {
    return words(run(function, {}, {{name, one}}).reply.value());
  };
  CHECK_THAT(answer("dummy", {one}), ends_with("TypeError: Server.dummy() takes 2 positional "
                                               "arguments but 3 were given"));
  CHECK_THAT(answer("incref", {one, one}),
             ends_with("TypeError: Server.incref() takes 3 positional "
                       "arguments but 4 were given"));
  CHECK_THAT(answer("list_segments", {one}),
             ends_with("TypeError: SharedMemoryServer.list_segments() takes 2 positional "
                       "arguments but 3 were given"));
  CHECK_THAT(answer("track_segment", {one, one}),
             ends_with("TypeError: SharedMemoryServer.track_segment() takes 3 positional "
                       "arguments but 4 were given"));
  CHECK_THAT(words(run("accept_connection").reply.value()),
             ends_with("TypeError: Server.accept_connection() missing 1 required positional "
                       "argument: \\'name\\'"));
  CHECK_THAT(keyword("dummy", "x"),
             ends_with("TypeError: Server.dummy() got an unexpected keyword argument \\'x\\'"));
  CHECK_THAT(keyword("dummy", "c"),
             ends_with("TypeError: Server.dummy() got multiple values for argument \\'c\\'"));
  CHECK_THAT(keyword("decref", "self"),
             ends_with("TypeError: Server.decref() got multiple values for argument \\'self\\'"));
}

TEST_CASE_METHOD(fixture, "create tells the ident and what is exposed", "[server]") {
  const std::string reply = answer("create", {frozen::str("cell"), frozen::integer(3)});
  CHECK_THAT(reply, Catch::StartsWith("('#RETURN', ('"));
  CHECK_THAT(reply,
             Catch::EndsWith("', ('get', 'set', 'fail', 'half', 'pass', 'open', "
                             "'pass_at_once', 'work', 'gather', 'multiply', 'absent', 'child')))"));
  CHECK(host.objects.number_of_objects() == 1);
}

TEST_CASE_METHOD(fixture, "create takes the typeid by keyword, as until 3.8", "[server]") {
  CHECK_THAT(words(run("create", {}, {{"typeid", frozen::str("cell")}}).reply.value()),
             Catch::StartsWith("('#RETURN', ("));
}

TEST_CASE_METHOD(fixture, "create fails by traceback", "[server]") {
  CHECK_THAT(answer("create", {frozen::str("nothing")}), ends_with("KeyError: \\'nothing\\'"));
  CHECK_THAT(answer("create"),
             ends_with("TypeError: Server.create() missing 1 required positional argument: "
                       "\\'typeid\\'"));
  CHECK_THAT(answer("create", {frozen::str("cell"), frozen::none(), frozen::none()}),
             Catch::Contains("TypeError: Cell.__init__() takes"));
  CHECK_THAT(answer("create", {frozen::str("Iterator"), frozen::none()}),
             Catch::Contains("TypeError: objects of type"));
  CHECK(host.objects.number_of_objects() == 0);
}

TEST_CASE_METHOD(fixture, "references are counted until the object goes", "[server]") {
  const std::string ident = create({frozen::str("cell")});
  CHECK(answer("incref", {frozen::str(ident)}) == "('#RETURN', None)");
  CHECK(answer("decref", {frozen::str(ident)}) == "('#RETURN', None)");
  CHECK(answer("number_of_objects") == "('#RETURN', 1)");
  {
    const command_result last = run("decref", {frozen::str(ident)});
    CHECK(last.released != nullptr);
    CHECK(answer("number_of_objects") == "('#RETURN', 0)");
  }
  CHECK_THAT(answer("incref", {frozen::str(ident)}), ends_with("KeyError: \\'" + ident + "\\'"));
  CHECK_THAT(answer("decref", {frozen::str(ident)}), ends_with("KeyError: \\'" + ident + "\\'"));
  CHECK_THAT(answer("decref", {frozen::integer(7)}), ends_with("KeyError: 7"));
  CHECK_THAT(answer("decref"), ends_with("TypeError: Server.decref() missing 1 required positional "
                                         "argument: \\'ident\\'"));
}

TEST_CASE_METHOD(fixture, "get_methods tells each exposed name once", "[server]") {
  const std::string ident = create({frozen::str("cell")});
  CHECK(answer("get_methods", {token_of(ident)}) ==
        "('#RETURN', ('get', 'set', 'fail', 'half', 'pass', 'open', 'pass_at_once', 'work', "
        "'gather', 'multiply', 'absent', 'child'))");
  CHECK_THAT(answer("get_methods", {token_of("1000")}), ends_with("KeyError: \\'1000\\'"));
  CHECK_THAT(answer("get_methods", {frozen::integer(3)}),
             ends_with("AttributeError: \\'int\\' object has no attribute \\'id\\'"));
}

TEST_CASE_METHOD(fixture, "accept_connection turns to proxies", "[server]") {
  const command_result result = run("accept_connection", {frozen::str("MainProcess")});
  CHECK(result.then == action::serve_client);
  CHECK_FALSE(result.reply);
  CHECK(run("accept_connection").then == action::close);
}

TEST_CASE_METHOD(fixture, "debug_info lists counts and texts by ident", "[server]") {
  CHECK(answer("debug_info") == "('#RETURN', '')");
  const std::string one = create({frozen::str("cell")});
  CHECK(answer("debug_info") == "('#RETURN', '  " + one + ":       refcount=1\\n    <cell>')");
  const std::string two = create({frozen::str("cell")});
  run("incref", {frozen::str(two)});
  const auto line = [](const std::string& ident, const char* count) {
    return "  " + ident + ":       refcount=" + count + "\\n    <cell>";
  };
  CHECK(answer("debug_info") == "('#RETURN', '" + (one < two ? line(one, "1") : line(two, "2")) +
                                    "\\n" + (one < two ? line(two, "2") : line(one, "1")) + "')");
}

TEST_CASE_METHOD(fixture, "shutdown answers twice", "[server]") {
  const command_result result = run("shutdown");
  CHECK(result.then == action::shut_down);
  CHECK(result.twice);
  CHECK_FALSE(result.reply);
}

TEST_CASE_METHOD(fixture, "segments of shared memory are tracked", "[server]") {
  CHECK(answer("track_segment", {frozen::str("pickled_tests_1")}) == "('#RETURN', None)");
  CHECK(answer("track_segment", {frozen::str("pickled_tests_2")}) == "('#RETURN', None)");
  CHECK(answer("list_segments") == "('#RETURN', ['pickled_tests_1', 'pickled_tests_2'])");
  CHECK_THAT(answer("release_segment", {frozen::str("pickled_tests_2")}),
             ends_with("FileNotFoundError: [Errno 2] No such file or directory: "
                       "\\'/pickled_tests_2\\'"));
  CHECK_THAT(answer("release_segment", {frozen::str("pickled_tests_2")}),
             ends_with("ValueError: list.remove(x): x not in list"));
  CHECK(answer("list_segments") == "('#RETURN', ['pickled_tests_1'])");
  CHECK_THAT(answer("track_segment", {frozen::integer(1)}), Catch::Contains("TypeError"));
  CHECK_THAT(answer("track_segment"), Catch::Contains("'segment_name\\'"));
  CHECK(answer("dummy") == "('#RETURN', None)");
}

TEST_CASE_METHOD(fixture, "any other function is refused", "[server]") {
  CHECK_THAT(answer("serve_forever"),
             ends_with("AssertionError: \\'serve_forever\\' unrecognized"));
}
