// SPDX-License-Identifier: BSL-1.0

#include "pickled/json/json.hpp"

#include "pickled/codec/pickler.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/frozen/frozen.hpp"
#include "tests/recorded.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <fstream>
#include <string>

using namespace pickled;
using namespace pickled::detail;
using json = nlohmann::ordered_json;

namespace {

// What stands in two places is fetched at the second, so that equal bytes mean equal graphs. Only
// strings are written out each time: JSON does not tell which of them are one object.
std::string pickle_of(value_argument v) {
  dump_options options;
  options.protocol = 5;
  options.persistent_id = [](value_view part) -> std::optional<value_view> {
    if (!part.is(kind::str)) return std::nullopt;
    return value_view::characters(kind::str, part.as_str().data(), part.as_str().size());
  };
  return std::string(as_text(dumps(v, options)));
}

std::string error_of(const std::string& text) {
  try {
    from_json(json::parse(text));
  } catch (const json_error& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("values survive a trip through JSON text", "[pickle]") {
  std::ifstream in(test_data("pickle/repr.txt"));
  std::size_t lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    CAPTURE(lines + 1, line);
    const value v = loads(as_bytes(unhex(line.substr(0, line.find('\t')))));
    const std::string text = to_json(v).dump();
    CHECK(pickle_of(from_json(json::parse(text))) == pickle_of(v));
  }
  CHECK(lines > 500);
}

TEST_CASE("names with lone surrogates have a form", "[pickle]") {
  const value v = loads(std::string_view("\x80\4\x8c\1m\x8c\4x\xed\xb2\x80\x93."));
  const std::string text = to_json(v).dump();
  CHECK(text == R"({"$global":["m",{"$str":"eO2ygA=="}]})");
  const value again = from_json(json::parse(text));
  CHECK(again->as_global() == v->as_global());
  CHECK(error_of(R"({"$global": ["m", 1]})") == "$['$global']: expected a module and a name");
}

TEST_CASE("what JSON has no form for is written as documented", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view one = value_view::integer(1);
  const value_view list = build.list();
  const value_view point = build.instance(instance_node::construction::newobj,
                                          build.global("mymod", "Point"), build.tuple({}));
  build.change(point, {.action = {},
                       .first = build.dict(std::array{dict_entry{build.str("x"), one}}),
                       .second = {}});
  const value_view cycle = build.list(std::array{one});
  build.append(cycle, cycle);
  struct {
    value_view v;
    const char* text;
  } const table[] = {
      {value_view::none(), "null"},
      {value_view::real(1), "1.0"},
      {value_view::real(-0.0), "-0.0"},
      {build.dict(std::array{dict_entry{build.str("a"), one}}), R"({"a":1})"},
      {build.dict(std::array{dict_entry{one, one}}), R"({"$dict":[[1,1]]})"},
      {build.dict(std::array{dict_entry{build.str("$a"), one}}), R"({"$dict":[["$a",1]]})"},
      {build.dict(std::array{dict_entry{build.str("a"), one}, dict_entry{build.str("a"), one}}),
       R"({"$dict":[["a",1],["a",1]]})"},
      {build.tuple(std::array{one, one}), R"({"$tuple":[1,1]})"},
      {build.frozenset({}), R"({"$frozenset":[]})"},
      {build.bytes(as_bytes("abcd")), R"({"$bytes":"YWJjZA=="})"},
      {build.str("\xed\xb2\x80"), R"({"$str":"7bKA"})"},
      {build.str("\xed\x9f\xbf"), "\"\xed\x9f\xbf\""},
      {value_view::real(std::numeric_limits<double>::infinity()), R"({"$float":"inf"})"},
      {build.complex(0, 1), R"({"$complex":[0.0,1.0]})"},
      {build.integer(as_bytes(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\0", 9))),
       "18446744073709551615"},
      {build.integer(as_bytes(std::string_view("\0\0\0\0\0\0\0\0\1", 9))),
       R"({"$int":"18446744073709551616"})"},
      {build.global("builtins", "len"), R"({"$global":["builtins","len"]})"},
      {point, R"({"$newobj":{"callable":{"$global":["mymod","Point"]},"args":{"$tuple":[]},)"
              R"("changes":[["build",{"x":1}]]}})"},
      {build.list(std::array{list, list}), R"([{"$def":[1,[]]},{"$ref":1}])"},
      {cycle, R"({"$def":[1,[1,{"$ref":1}]]})"},
  };
  for (const auto& [v, text] : table) {
    CHECK(to_json(v).dump() == text);
    CHECK(to_json(from_json(json::parse(text))).dump() == text);
  }
}

TEST_CASE("JSON that is no value is refused with its place", "[pickle]") {
  CHECK(error_of(R"([{"a": {"$bytes": "?"}}])") == "$[0]['a']['$bytes']: not base64");
  CHECK(error_of(R"({"$nothing": 1})") == "$: not an escape: $nothing");
  CHECK(error_of(R"({"$tuple": [], "a": 1})") == "$: not an escape: $tuple");
  CHECK(error_of(R"({"a": 1, "$tuple": []})") == "$: not an escape: $tuple");
  CHECK(error_of(R"({"$tuple": 1})") == "$['$tuple']: expected an array");
  CHECK(error_of(R"({"$set": [[]]})") == "$['$set']: unhashable");
  CHECK(error_of(R"({"$dict": [[{}, 1]]})") == "$['$dict'][0]: unhashable");
  CHECK(error_of(R"({"$ref": 1})") == "$['$ref']: not defined before");
  CHECK(error_of(R"({"$int": "x"})") == "$['$int']: not an int");
  CHECK(error_of(R"({"$float": "x"})") == "$['$float']: not a float");
  CHECK(error_of(R"({"$reduce": {"args": 1}})") == "$['$reduce']: expected a member 'callable'");
  CHECK(error_of(R"({"$reduce": {"callable": null, "args": 1}})") ==
        "$['$reduce']: expected a tuple of arguments");
  CHECK(error_of(std::string(100'000, '[') + std::string(100'000, ']'))
            .ends_with(": deeper than 500 levels"));
}

TEST_CASE("what has no JSON, or is no value, is an error where one is asked for", "[pickle]") {
  std::error_code error = pickle_errc::too_large;
  CHECK(to_json(value_view::integer(1), error) == json(1));
  CHECK_FALSE(error);
  CHECK(from_json(json(1), error).as_integer() == 1);
  CHECK_FALSE(error);
  CHECK(from_json(json{{"$int", 1}}, error).is_none());
  CHECK(error == pickle_errc::not_json);
  arena where;
  value_builder build(where);
  CHECK(to_json(build.buffer({as_bytes("b"), 0, false}), error).is_null());
  CHECK(error == pickle_errc::not_json);
}

TEST_CASE("a value that JSON's readers could not nest is refused", "[pickle]") {
  arena where;
  value_builder build(where);
  value_view v = build.list();
  for (int i = 0; i != 100'000; ++i)
    v = build.list(std::array{v});
  CHECK_THROWS_AS(to_json(v), json_error);
  value_view shared = build.list();
  for (int i = 0; i != 40; ++i)
    shared = build.list(std::array{shared, shared});
  CHECK(to_json(shared).dump().size() < 2000);
}
