// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/convert.hpp"

#include "pickled/python/compare.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <vector>

using namespace pickled;

namespace shop {

// A type of the program's own, converted by two functions in its namespace.
struct price {
  int cents = 0;
};

value_view to_value(const price& from, value_builder& b) {
  return to_value(std::to_string(from.cents), b);
}
void from_value(value_view v, price& to) {
  to.cents = std::stoi(v.get<std::string>());
}

}  // namespace shop

TEST_CASE("types of the program's own are found in their namespace", "[pickle]") {
  const std::vector<shop::price> prices = {{5}, {7}};
  const value v = to_value(prices);
  CHECK(v.get<std::vector<std::string>>() == std::vector<std::string>{"5", "7"});
  CHECK(v.get<std::vector<shop::price>>()[1].cents == 7);
}

TEST_CASE("C++ types are dumped and loaded", "[pickle]") {
  const std::map<std::string, std::vector<int>> original = {{"a", {1, 2}}, {"b", {}}};
  for (int protocol = 0; protocol <= 5; ++protocol) {
    dump_options options;
    options.protocol = protocol;
    CHECK(loads<std::map<std::string, std::vector<int>>>(dumps(original, options)) == original);
  }
}

TEST_CASE("values are built of anything that converts", "[pickle]") {
  const value v = value::dict({{"name", "x"},
                               {2, value::list({1, 2.5, nullptr, shop::price{7}})},
                               {"pair", value::tuple({true, value::set({1})})}});
  CHECK(repr(v) == "{'name': 'x', 2: [1, 2.5, None, '7'], 'pair': (True, {1})}");
  CHECK(repr(value::dict()) == "{}");
  CHECK(repr(value::tuple()) == "()");
  CHECK(repr(loads(dumps(v))) == repr(v));
  CHECK_THROWS_AS(value::dict({{value::list(), 1}}), access_error);
  CHECK_THROWS_AS(value::set({value::list()}), access_error);
}

TEST_CASE("values are changed in place", "[pickle]") {
  value v = value::dict({{"a", value::list({1, 2})}, {"b", 3}});
  const value before = v;
  v["a"][1] = std::vector{1, 2};
  v["a"].push_back("more");
  v["c"] = shop::price{5};
  v["b"] = v["c"];
  CHECK(repr(v) == "{'a': [1, [1, 2], 'more'], 'b': '5', 'c': '5'}");
  CHECK(equal(before, v));  // it is the same object
  CHECK(v["b"].get<std::string>() == "5");
  CHECK(v["a"]->size() == 3);
  CHECK(v["a"][1][0].get<int>() == 1);

  CHECK(v.erase("b"));
  CHECK_FALSE(v.erase("b"));
  CHECK_FALSE(v.erase(0));
  value items = v["a"];
  CHECK(items.erase(1));
  CHECK_FALSE(items.erase(2));
  CHECK(repr(v) == "{'a': [1, 'more'], 'c': '5'}");
  CHECK(repr(loads(dumps(v))) == repr(v));
}

TEST_CASE("what cannot be changed says so", "[pickle]") {
  value v = value::dict({{"a", value::tuple({1})}});
  CHECK_THROWS_WITH(v["x"].get<int>(), "no item 'x' in a value of type dict");
  CHECK_THROWS_WITH(v[0] = 1, "no item 0 in a value of type dict");
  CHECK_THROWS_WITH(v["a"][0] = 1, "no item 0 in a value of type tuple");
  CHECK_THROWS_WITH(v["a"].push_back(1), "no item at the end in a value of type tuple");
  value items = value::list({1});
  CHECK_THROWS_WITH(items[1] = 1, "no item 1 in a value of type list");
  CHECK_THROWS_WITH(items["x"] = 1, "no item 'x' in a value of type list");
  value none;
  CHECK_THROWS_WITH(none["x"] = 1, "no item 'x' in a value of type None");
  CHECK_THROWS_AS(v["\xff"] = 1, conversion_error);
  CHECK(repr(v) == "{'a': (1,)}");
}

TEST_CASE("a key that was written twice is one item", "[pickle]") {
  value v = loads(as_bytes(std::string_view("}(X\1\0\0\0aK\1X\1\0\0\0aK\2u.", 20)));
  CHECK(v->size() == 2);
  v["a"] = 3;
  CHECK(v["a"].get<int>() == 3);
  CHECK(v.erase("a"));
  CHECK(v->size() == 0);
}

TEST_CASE("a part of an other value lives as long as what holds it", "[pickle]") {
  value v = value::list();
  {
    const value other = value::dict({{"k", std::string(100, 'x')}});
    v.push_back(other);
  }
  CHECK(v[0]["k"].get<std::string>() == std::string(100, 'x'));
}

TEST_CASE("a path leads into a value", "[pickle]") {
  const value v = value::dict({{"rows", value::list({1, value::dict({{"x.y", 2}, {"z", 3}})})}});
  CHECK(equal(v.at_path("$"), v));
  CHECK(v.at_path("$.rows[1].z").get<int>() == 3);
  CHECK(v.at_path("$['rows'][1][\"x.y\"]").get<int>() == 2);
  value rows = v.at_path("$.rows");
  rows[0] = 5;
  CHECK(v.at_path("$.rows[0]").get<int>() == 5);
  CHECK_THROWS_WITH(v.at_path("$.rows[2].z"), "no item 2 in a value of type list");
  CHECK_THROWS_WITH(v.at_path("$.cols"), "no item 'cols' in a value of type dict");
  std::error_code error;
  CHECK(v.at_path("$.rows[1].z", error).get<int>() == 3);
  CHECK_FALSE(error);
  CHECK(v.at_path("$.cols", error)->is_none());
  CHECK(error == pickle_errc::not_found);
  CHECK(v->at_path("$..", error).is_none());
  CHECK(error == pickle_errc::bad_path);
  for (const char* path : {"", "rows", "$rows", "$.", "$.rows[", "$.rows[x]", "$.rows[]", "$..rows",
                           "$.rows[-1]", "$['rows]", "$.rows[99999999999999999999]"})
    CHECK_THROWS_WITH(v.at_path(path), std::string("not a path of a value: ") + path);
}

TEST_CASE("an item is patched where a path leads", "[pickle]") {
  value v =
      value::dict({{"rows", value::list({1, value::dict({{"x", 2}})})}, {"t", std::tuple(1)}});
  const value rows = v["rows"];
  v.patch("$.rows[1].x", "two");
  v.patch("$['rows'][0]", std::vector{1, 2});
  v.patch("$.more", 3);
  CHECK(repr(rows) == "[[1, 2], {'x': 'two'}]");
  CHECK(repr(v) == "{'rows': [[1, 2], {'x': 'two'}], 't': (1,), 'more': 3}");

  CHECK_THROWS_WITH(v.patch("$.rows[2]", 0), "no item 2 in a value of type list");
  CHECK_THROWS_WITH(v.patch("$.none.x", 0), "no item 'none' in a value of type dict");
  CHECK_THROWS_WITH(v.patch("$.t[0]", 0), "no item 0 in a value of type tuple");
  CHECK_THROWS_WITH(v.patch("$.rows.x", 0), "no item 'x' in a value of type list");
  CHECK_THROWS_WITH(v.patch("rows", 0), "not a path of a value: rows");
  std::error_code error;
  v.patch("$.t[0]", 0, error);
  CHECK(error == pickle_errc::not_found);
  v.patch("$.more", 4, error);
  CHECK_FALSE(error);
  CHECK(v["more"].get<int>() == 4);

  v.patch("$", 5);
  CHECK(v.get<int>() == 5);
}

TEST_CASE("an instance is patched in its __dict__", "[pickle]") {
  // Point() with x = 1, and then y = 2.
  value v = loads(as_bytes(std::string_view("cm\nPoint\n)\x81}U\1xK\1sb}U\1yK\2sb.")));
  v.patch("$.x", 10);
  v.patch("$.y", 20);
  v.patch("$.z", 30);
  CHECK(v.at_path("$.x").get<int>() == 10);
  CHECK(v.at_path("$.y").get<int>() == 20);
  CHECK(v.at_path("$.z").get<int>() == 30);
  value bare = loads(as_bytes(std::string_view("cm\nPoint\n)\x81.")));
  CHECK_THROWS_WITH(bare.patch("$.x", 1), "no item 'x' in a value of type instance");
}

// A view of a value that is gone at the end of the line.
static_assert(!std::is_convertible_v<value, value_view>);
static_assert(!std::is_convertible_v<const value, value_view>);
static_assert(std::is_convertible_v<value&, value_view>);
static_assert(std::is_convertible_v<value, value_argument>);
static_assert(!std::is_convertible_v<decltype(std::declval<value>()["k"]), value_view>);
static_assert(borrows<std::map<int, std::vector<std::string_view>>>);
static_assert(!borrows<std::map<int, std::vector<std::string>>>);

TEST_CASE("what was moved from is None", "[pickle]") {
  value v = value::list({1});
  const value taken = std::move(v);
  CHECK(v->is_none());
  CHECK_THROWS_AS(v.push_back(1), access_error);
  v = value::list({2});
  CHECK(repr(taken) == "[1]");
  CHECK(repr(v) == "[2]");
}

TEST_CASE("a temporary is an argument as good as any", "[pickle]") {
  const std::string pickle("]K\7a.");
  CHECK(repr(loads(pickle)) == "[7]");
  CHECK(equal(loads(pickle), value::list({7})));
  CHECK(loads(pickle) == value::list({7}));
  CHECK(as_text(dumps(loads(pickle))) == as_text(dumps(std::vector{7})));
  CHECK(type_name(loads(pickle)[0]) == "int");
}

TEST_CASE("malformed bytes and unsuitable values are told apart", "[pickle]") {
  CHECK_THROWS_AS(loads<int>(as_bytes(std::string_view("K"))), unpickling_error);
  CHECK_THROWS_AS(loads<int>(as_bytes(std::string_view("N."))), conversion_error);
}

TEST_CASE("bytes that were read into a string are loaded", "[pickle]") {
  const std::string pickle("K\7.");
  std::error_code error;
  CHECK(loads<int>(pickle) == 7);
  CHECK(loads<int>(pickle, error) == 7);
  CHECK_FALSE(error);
}

TEST_CASE("every function that throws has a form that does not", "[pickle]") {
  value v = value::dict({{"a", value::list({1, "x"})}});
  std::error_code error = pickle_errc::truncated;
  CHECK(get<std::map<std::string, value>>(v, error).size() == 1);
  CHECK_FALSE(error);
  CHECK(get<std::vector<int>>(v, error).empty());
  CHECK(error == pickle_errc::not_convertible);
  CHECK(v.get<int>(error) == 0);
  CHECK(error == pickle_errc::not_convertible);
  CHECK(v->get<int>(error) == 0);
  CHECK(error == pickle_errc::not_convertible);
  CHECK(v["a"][0].get<int>(error) == 1);
  CHECK_FALSE(error);
  CHECK(v["a"][2].get<int>(error) == 0);
  CHECK(error == pickle_errc::not_found);
  CHECK(value(3).get<int>(error) == 3);
  CHECK_FALSE(error);

  CHECK(to_value(std::string("x"), error)->as_str() == "x");
  CHECK_FALSE(error);
  CHECK(to_value(std::string("\xff"), error)->is_none());
  CHECK(error == pickle_errc::not_convertible);
  CHECK(loads<int>(dumps(7, error), error) == 7);
  CHECK_FALSE(error);
  CHECK(dumps(std::string("\xff"), error).empty());
  CHECK(error == pickle_errc::not_convertible);
  dump_options unknown;
  unknown.protocol = 6;
  CHECK(dumps(7, error, unknown).empty());
  CHECK(error == pickle_errc::not_picklable);
  CHECK(loads<int>(std::string_view("K"), error) == 0);
  CHECK(error == pickle_errc::truncated);
  CHECK(loads<int>(std::string_view("N."), error) == 0);
  CHECK(error == pickle_errc::not_convertible);

  arena where;
  const value_view persistent = value_builder(where).persistent(value_view::integer(1));
  CHECK(get<value>(persistent, error)->is_none());
  CHECK(error == pickle_errc::not_picklable);
}

TEST_CASE("a value is made of anything that converts", "[pickle]") {
  CHECK(value { 5 } -> as_integer() == 5);
  CHECK(value { "x" } -> as_str() == "x");
  CHECK(repr(value{std::vector{1, 2}}) == "[1, 2]");
  CHECK(repr(value{shop::price{5}}) == "'5'");
  const value v{1.5};
  CHECK(value{v}.owner() == v.owner());
}

TEST_CASE("a value inside a C++ type outlives the one it was read from", "[pickle]") {
  std::vector<value> items;
  std::weak_ptr<arena> watch;
  {
    const value v = to_value(std::vector<std::string>{"one", "two"});
    watch = v.owner();
    items = v.get<std::vector<value>>();
  }
  CHECK(watch.expired());
  CHECK(items[1].get<std::string>() == "two");
}

TEST_CASE("a value put into another is shared, not copied", "[pickle]") {
  std::weak_ptr<arena> watch;
  value outer;
  {
    const value inner = to_value(std::string(1000, 'x'));
    watch = inner.owner();
    outer = to_value(std::vector{inner, inner});
    CHECK(outer->as_items()[0].identity() == inner->identity());
  }
  CHECK_FALSE(watch.expired());
  outer = {};
  CHECK(watch.expired());
}
