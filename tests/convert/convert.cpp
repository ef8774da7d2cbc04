// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/convert.hpp"

#include "pickled/python/compare.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"
#include "pickled/value/attribute.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
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
  CHECK_THROWS_WITH(value::dict({{value::list(), 1}}), "unhashable type: 'list'");
  CHECK_THROWS_WITH(value::set({value::tuple({1, value::dict()})}), "unhashable type: 'dict'");
}

TEST_CASE("what Python has no hash for is no key", "[pickle]") {
  std::error_code error;
  const std::map<std::variant<int, std::vector<int>>, int> either = {{1, 2}, {std::vector{3}, 4}};
  CHECK_THROWS_AS(dumps(either), access_error);
  CHECK_THROWS_WITH(dumps(either), "unhashable type: 'list'");
  CHECK(dumps(either, error).empty());
  CHECK(error == pickle_errc::unhashable);
  const std::set<std::optional<std::map<int, int>>> maybe = {{std::nullopt},
                                                             {std::map<int, int>{}}};
  CHECK_THROWS_WITH(dumps(maybe), "unhashable type: 'dict'");

  STATIC_REQUIRE(detail::is_unhashable<std::vector<int>>);
  STATIC_REQUIRE(detail::is_unhashable<std::list<int>>);
  STATIC_REQUIRE(detail::is_unhashable<std::array<int, 2>>);
  STATIC_REQUIRE(detail::is_unhashable<std::set<int>>);
  STATIC_REQUIRE(detail::is_unhashable<std::unordered_map<int, int>>);
  STATIC_REQUIRE(detail::is_unhashable<std::pair<int, std::tuple<std::vector<int>>>>);
  STATIC_REQUIRE_FALSE(detail::is_unhashable<std::tuple<int, std::string>>);
  STATIC_REQUIRE_FALSE(detail::is_unhashable<std::vector<std::byte>>);
  STATIC_REQUIRE_FALSE(detail::is_unhashable<value>);
  // Read they may be: of tuples, say.
  const value of_tuple = value::dict({{value::tuple({1, 2}), 3}});
  CHECK(of_tuple.get<std::map<std::vector<int>, int>>() ==
        std::map<std::vector<int>, int>{{{1, 2}, 3}});
}

namespace forest {

struct tree {
  int height = 0;
  std::vector<tree> branches;
};
PICKLED_DESCRIBE(tree, "forest", "Tree", height, branches)

tree nested(int levels) {
  tree root;
  tree* top = &root;
  for (int i = 0; i != levels; ++i)
    top = &top->branches.emplace_back();
  return root;
}

// Ends the branches without recursion.
void fell(tree root) {
  while (!root.branches.empty())
    root = tree(std::move(root.branches.front()));
}

}  // namespace forest

TEST_CASE("what holds itself is written as deep as it is read", "[pickle]") {
  // The attribute and its item are two levels, and the height in the last is one more.
  constexpr int deepest = (max_conversion_depth - 1) / 2;
  const forest::tree highest = forest::nested(deepest);
  CHECK_NOTHROW(loads<forest::tree>(dumps(highest)));
  forest::tree too_high = forest::nested(deepest + 1);
  CHECK_THROWS_AS(dumps(too_high), conversion_error);
  CHECK_THROWS_WITH(dumps(too_high), "$: expected at most 1000 levels of nesting, got more");
  forest::fell(std::move(too_high));
  forest::tree endless = forest::nested(30'000);
  std::error_code error;
  CHECK(dumps(endless, error).empty());
  CHECK(error == pickle_errc::not_convertible);
  forest::fell(std::move(endless));
  CHECK_NOTHROW(dumps(highest));  // the levels are counted down again

  const value deep = value::list({value::list({highest})});
  CHECK_THROWS_AS(deep.get<std::vector<std::vector<forest::tree>>>(), conversion_error);
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
  CHECK_THROWS_WITH(v["a"][0] = 1, "cannot assign to item 0 of a value of type tuple");
  CHECK_THROWS_WITH(v["a"][1] = 1, "no item 1 in a value of type tuple");
  CHECK_THROWS_WITH(v["a"].push_back(1), "cannot append to a value of type tuple");
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

// A view of a value that is gone at the end of the line.
static_assert(!std::is_convertible_v<value, value_view>);
static_assert(!std::is_convertible_v<const value, value_view>);
static_assert(std::is_convertible_v<value&, value_view>);
static_assert(std::is_convertible_v<value, value_argument>);
static_assert(!std::is_convertible_v<decltype(std::declval<value>()["k"]), value_view>);
static_assert(!std::is_convertible_v<decltype(std::declval<value>().at_path("$")), value_view>);

template <class T>
concept viewed = requires(T&& v) {
  std::forward<T>(v).view();
};
template <class T>
concept looked_into = requires(T&& v) {
  std::forward<T>(v)->as_items();
};
template <class T>
concept item_viewed = requires(T&& v) {
  { item_of(std::forward<T>(v), "k") } -> std::same_as<value_view>;
};
template <class T>
concept attribute_viewed = requires(T&& v) {
  { attribute_of(std::forward<T>(v), "k") } -> std::same_as<value_view>;
};
template <class T>
inline constexpr bool dangles =
    viewed<T> || looked_into<T> || item_viewed<T> || attribute_viewed<T>;
static_assert(!dangles<value>);
static_assert(!dangles<const value>);
static_assert(viewed<value&> && viewed<const value&>);
static_assert(looked_into<value&> && looked_into<const value&>);
static_assert(item_viewed<value&> && item_viewed<const value&>);
static_assert(attribute_viewed<value&> && attribute_viewed<const value&>);
static_assert(item_viewed<value_view> && attribute_viewed<value_view>);
static_assert(borrows<std::map<int, std::vector<std::string_view>>>);
static_assert(!borrows<std::map<int, std::vector<std::string>>>);

TEST_CASE("what points into a value is had of its items while it lives", "[pickle]") {
  value v = value::dict({{"k", "text"}, {"rows", value::list({value::dict({{"k", "x"}})})}});
  const value& constant = v;
  CHECK(v["k"].get<std::string_view>() == "text");
  CHECK(constant["k"].get<std::string_view>() == "text");
  CHECK(v["rows"][0]["k"].get<std::string_view>() == "x");
  CHECK(constant["rows"][0]["k"].get<std::string_view>() == "x");
  CHECK(constant.at_path("$.rows[0].k").get<std::string_view>() == "x");
  const value_view rows = constant["rows"];
  std::size_t count = 0;
  for (const value_view row : constant["rows"]->as_items())
    count += row.size();
  CHECK(count == rows.size());
  const value shared = constant["rows"];
  CHECK(shared.owner() == v.owner());
  CHECK(repr(constant["rows"]) == "[{'k': 'x'}]");
  CHECK(constant["rows"] == v["rows"]);
  CHECK(repr(value::list({constant["k"]})) == "['text']");
  CHECK_THROWS_AS(constant["none"], access_error);
}

TEST_CASE("items and attributes of a temporary are values", "[pickle]") {
  const auto load = [] { return loads(std::string_view("cm\nC\n)\x81}U\1aU\1xsb.")); };
  CHECK(attribute_of(load(), "a").get<std::string>() == "x");
  CHECK(attribute_of(load(), "b").is_none());
  CHECK(item_of(value::dict({{"k", 1}}), "k").as_integer() == 1);
  CHECK(item_of(value::dict({{"k", 1}}), "x").is_none());
  CHECK(item_of(value::dict({{"k", 1}}), "x", value{2}).as_integer() == 2);
}

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

  CHECK(to_value(std::string("x"), error).get<std::string>() == "x");
  CHECK_FALSE(error);
  CHECK(to_value(std::string("\xff"), error).is_none());
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
  CHECK(get<value>(persistent, error).is_none());
  CHECK(error == pickle_errc::not_picklable);
}

TEST_CASE("a value is made of anything that converts", "[pickle]") {
  CHECK(value{5}.as_integer() == 5);
  CHECK(value{"x"}.get<std::string>() == "x");
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
