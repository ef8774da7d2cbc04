// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/format.hpp"
#include "tests/integration/live_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <ranges>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using ints = std::vector<int>;

TEST_CASE("a list is used like a vector", "[list]") {
  const auto l = connect().list(ints{1, 2, 3});
  CHECK(l.size() == 3);
  CHECK_FALSE(l.empty());
  CHECK(l[0].get<int>() == 1);
  CHECK(l.get<int>(-1) == 3);
  l[0] = 10;
  l[1] = l[2];
  CHECK(l.get_value<ints>() == ints{10, 3, 3});
  l.push_back("text");
  CHECK(l.get<std::string>(3) == "text");
  CHECK(l.pop<std::string>() == "text");
  CHECK(l.pop<int>(0) == 10);
  l.extend(ints{7, 5});
  l.insert(1, 9);
  CHECK(l.get_value<ints>() == ints{3, 9, 3, 7, 5});
  CHECK(l.index(9) == 1);
  CHECK(l.count(3) == 2);
  CHECK(l.contains(7));
  CHECK_FALSE(l.contains("7"));
  CHECK(l.remove(9));
  CHECK(l.find<int>(-1) == 5);
  CHECK(l.find<int>(9) == std::nullopt);
  l.sort();
  CHECK(l.get_value<ints>() == ints{3, 3, 5, 7});
  l.sort(true);
  CHECK(l.get_value<ints>() == ints{7, 5, 3, 3});
  l.reverse();
  l.erase(0);
  CHECK(l.repr() == "[3, 5, 7]");
  l.clear();
  CHECK(l.empty());
}

TEST_CASE("slices of a list are read, assigned and erased", "[list]") {
  const auto l = connect().list(ints{0, 1, 2, 3, 4, 5});
  CHECK(l.get<int>(slice{1, 3}) == ints{1, 2});
  CHECK(l.get<int>(slice{{}, {}, -2}) == ints{5, 3, 1});
  l.set(slice{1, 4}, ints{9});
  CHECK(l.get_value<ints>() == ints{0, 9, 4, 5});
  l.erase(slice{-2});
  CHECK(l.get_value<ints>() == ints{0, 9});
}

TEST_CASE("what a list has not is an IndexError or a ValueError", "[list]") {
  const auto l = connect().list();
  CHECK_THROWS_MATCHES(l.at(0), python_error, says("IndexError: list index out of range"));
  CHECK_THROWS_MATCHES(l.pop<int>(), python_error, says("IndexError: pop from empty list"));
  CHECK(l.try_pop() == std::nullopt);
  CHECK(l.find(0) == std::nullopt);
  CHECK_FALSE(l.remove(1));
  CHECK_THROWS_MATCHES(l.index(1), python_error, says("ValueError: 1 is not in list"));
}

TEST_CASE("a dict is used like a map", "[dict]") {
  const auto d = connect().dict(keyword{"a", 1});
  CHECK(d.size() == 1);
  d["b"] = 2.5;
  d[3] = std::string("three");
  CHECK(d["a"].get<int>() == 1);
  CHECK(d.at("b").get<double>() == 2.5);
  CHECK(d.get<std::string>(3) == "three");
  d["c"] = d["a"];
  CHECK(d.find<int>("c") == 1);
  CHECK(d.find<int>("none") == std::nullopt);
  CHECK(d.contains(3));
  CHECK(d.set_default<int>("a", 5) == 1);
  CHECK(d.set_default<int>("new", 5) == 5);
  CHECK(d.pop<int>("new") == 5);
  CHECK(d.erase(3));
  CHECK_FALSE(d.erase(3));
  CHECK(d.try_pop("new") == std::nullopt);
  d["none"] = std::optional<int>();
  CHECK(d.find<std::optional<int>>("none").value() == std::nullopt);
  CHECK(d.try_pop<std::optional<int>>("none").value() == std::nullopt);
  d.update(std::map<std::string, int>{{"b", 2}, {"d", 4}});
  CHECK(d.get_value<std::map<std::string, int>>() ==
        std::map<std::string, int>{{"a", 1}, {"b", 2}, {"c", 1}, {"d", 4}});
  CHECK(d.keys<std::string>() == std::vector<std::string>{"a", "b", "c", "d"});
  CHECK(d.values<int>() == ints{1, 2, 1, 4});
  CHECK(d.items<std::string, int>()[1] == std::pair<std::string, int>("b", 2));
  CHECK(d.pop_item<std::string, int>() == std::pair<std::string, int>("d", 4));
  d.clear();
  CHECK(d.empty());
}

TEST_CASE("a key that a dict has not is a KeyError", "[dict]") {
  const auto d = connect().dict();
  CHECK_THROWS_MATCHES(d.at("zz"), python_error, says("KeyError: 'zz'"));
  CHECK_THROWS_MATCHES(d.get<int>(std::tuple(1, "x")), python_error, says("KeyError: (1, 'x')"));
  CHECK_THROWS_AS(d.at(ints{1}), python_error);
  try {
    d.at("zz");
  } catch (const python_error& error) {
    CHECK(error.module() == "builtins");
    CHECK(error.type() == "KeyError");
    CHECK(error.args()[0]->as_str() == "zz");
  }
}

TEST_CASE("a namespace has attributes", "[namespace]") {
  const auto ns = connect().make_namespace(keyword{"x", 1});
  ns["y"] = "text";
  CHECK(ns.get<int>("x") == 1);
  CHECK(ns["y"].get<std::string>() == "text");
  ns.erase("x");
  CHECK_THROWS_MATCHES(ns.at("x"), python_error,
                       says("AttributeError: 'Namespace' object has no attribute 'x'"));
}

TEST_CASE("a value is one value", "[value]") {
  const auto v = connect().make_value("i", 7);
  CHECK(v.get<int>() == 7);
  v.set(std::string("of any type"));
  CHECK(v.get<std::string>() == "of any type");
}

TEST_CASE("an array holds numbers of one type", "[array]") {
  const auto a = connect().array("i", ints{1, 2, 3});
  CHECK(a.size() == 3);
  a[1] = 20;
  CHECK(a.get<int>(1) == 20);
  CHECK(a.get<int>(slice{1, 3}) == ints{20, 3});
  CHECK(a.get_value<ints>() == ints{1, 20, 3});
  CHECK_THROWS_MATCHES(a.at(3), python_error, says("IndexError: array index out of range"));
  CHECK_THROWS_AS(a.set(0, 1L << 40), python_error);
}

TEST_CASE("a dict that says what it holds is read as that", "[dict]") {
  const auto d = connect().dict<std::string, int>(keyword{"a", 1});
  d["b"] = 2;
  const int b = d["b"];
  CHECK(b == 2);
  CHECK(d.at("a") == 1);
  CHECK(d.find("c") == std::nullopt);
  CHECK(d.find("b") == 2);
  CHECK(d.set_default("c", 3) == 3);
  CHECK(d.pop("c") == 3);
  CHECK(d.try_pop("c") == std::nullopt);
  std::map<std::string, int> seen;
  for (const auto& [key, item] : d)
    seen[key] = item;
  CHECK(seen == std::map<std::string, int>{{"a", 1}, {"b", 2}});
  for (auto& [key, item] : d.items())
    seen[key] -= item;
  CHECK(seen == std::map<std::string, int>{{"a", 0}, {"b", 0}});
  CHECK(d.pop_item() == std::pair<std::string, int>("b", 2));
  const dict_proxy<> of_anything(d);
  of_anything["a"] = "text";
  CHECK_THROWS_AS(d.at("a"), conversion_error);
  dict_proxy untyped = d;
  STATIC_REQUIRE(std::is_same_v<decltype(untyped), dict_proxy<std::string, int>>);
}

TEST_CASE("keys of other types than text are kept as they are", "[dict]") {
  const auto d = connect().dict<std::pair<int, int>, double>();
  d[{1, 2}] = 0.5;
  CHECK(d.at({1, 2}) == 0.5);
  CHECK(d.get_value<std::map<std::pair<int, int>, double>>().size() == 1);
  CHECK(d.erase({1, 2}));
}

TEST_CASE("a list is a range of what it holds", "[list]") {
  const auto l = connect().list<double>(std::vector{0.5, 1.5});
  STATIC_REQUIRE(std::input_iterator<decltype(l.begin())>);
  STATIC_REQUIRE(std::ranges::input_range<const list_proxy<double>&>);
  double sum = 0;
  for (const double item : l)
    sum += item;
  CHECK(sum == 2);
  l.push_back(2);
  const double last = l[-1];
  CHECK(last == 2);
  CHECK(l.get(slice{1}) == std::vector{1.5, 2.0});
  CHECK(l.pop() == 2);
  CHECK(std::ranges::count(l, 1.5) == 1);
  for ([[maybe_unused]] const value& none : connect().list())
    FAIL("there is no item");
}

TEST_CASE("a long list is iterated over in chunks, also while it grows", "[list]") {
  ints many(2 * list_proxy<int>::chunk + 1);
  std::iota(many.begin(), many.end(), 0);
  const auto l = connect().list<int>(many);
  ints seen;
  for (const int item : l) {
    if (item == 0) l.push_back(-1);
    seen.push_back(item);
  }
  many.push_back(-1);
  CHECK(seen == many);
  l.erase(slice{list_proxy<int>::chunk});
  CHECK(std::ranges::distance(l) == list_proxy<int>::chunk);
  const list_proxy<bool> flags(connect().list(std::vector{true, false}));
  CHECK(std::ranges::count(flags, true) == 1);
}

TEST_CASE("proxies and items print as Python prints them", "[list]") {
  const auto m = connect();
  const auto l = m.list(ints{1, 2});
  std::ostringstream out;
  out << l << ' ' << l[0] << ' ' << m.dict(keyword{"a", "b"});
  CHECK(out.str() == "[1, 2] 1 {'a': 'b'}");
  CHECK(fmt::format("{:>8}", l) == "  [1, 2]");
  CHECK(list_proxy<>().str() == "<proxy of nothing>");
}

TEST_CASE("a value and an array that say what they hold are read as that", "[value]") {
  const auto m = connect();
  const auto v = m.make_value<int>("i", 7);
  v.set(8);
  CHECK(v.get() == 8);
  const auto a = m.array<int>("i", ints{1, 2, 3});
  a[1] = 20;
  const int one = a[1];
  CHECK(one == 20);
  CHECK(a.at(-1) == 3);
  ints seen;
  std::ranges::copy(a, std::back_inserter(seen));
  CHECK(seen == ints{1, 20, 3});
}
