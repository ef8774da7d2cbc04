// SPDX-License-Identifier: BSL-1.0

#include "tests/integration/live_server.hpp"

#include <map>
#include <string>
#include <vector>

using namespace pickled;
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
  l.remove(9);
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
  CHECK_THROWS_MATCHES(l.remove(1), python_error,
                       says("ValueError: list.remove(x): x not in list"));
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
  CHECK(d.set_default("a", 5) == 1);
  CHECK(d.set_default("new", 5) == 5);
  CHECK(d.pop<int>("new") == 5);
  CHECK(d.erase(3));
  CHECK_FALSE(d.erase(3));
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
    CHECK(error.args().at(0).as_str() == "zz");
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
