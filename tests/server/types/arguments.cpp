// SPDX-License-Identifier: BSL-1.0

#include "server/types/arguments.hpp"

#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>

using namespace pickled;
using namespace pickled::detail;

namespace {

arguments positional(std::size_t count) {
  return {std::vector<frozen>(count)};
}

arguments with_keywords(std::size_t count, std::initializer_list<const char*> names) {
  std::vector<arguments::keyword> keywords;
  for (const char* name : names)
    keywords.emplace_back(name, frozen());
  return {std::vector<frozen>(count), std::move(keywords)};
}

std::string exception_of(const std::function<void()>& call) {
  try {
    call();
    return "nothing";
  } catch (const python_error& error) {
    return error.what();
  }
}

// What a Python function f(a, b=…, c=…) says.
std::string bound(arguments args, std::string_view name = "T.f") {
  return exception_of([&] { args.bind(name, std::array<std::string_view, 3>{"a", "b", "c"}, 1); });
}

}  // namespace

TEST_CASE("functions in C count their arguments", "[server]") {
  CHECK(exception_of([] { positional(1).take_none("list.reverse"); }) ==
        "TypeError: list.reverse() takes no arguments (1 given)");
  CHECK(exception_of([] { with_keywords(0, {"x"}).take_none("list.reverse"); }) ==
        "TypeError: list.reverse() takes no keyword arguments");
  CHECK(exception_of([] { positional(2).take_one("list.append"); }) ==
        "TypeError: list.append() takes exactly one argument (2 given)");
  CHECK(exception_of([] { positional(0).take_between("dict.get", 1, 2); }) ==
        "TypeError: get expected at least 1 argument, got 0");
  CHECK(exception_of([] { positional(3).take_between("dict.get", 1, 2); }) ==
        "TypeError: get expected at most 2 arguments, got 3");
  CHECK(exception_of([] { positional(1).take_between("list.insert", 2, 2); }) ==
        "TypeError: insert expected 2 arguments, got 1");
  CHECK(positional(2).take_between("dict.get", 1, 2).size() == 2);
  CHECK(positional(9).take_all("set.union").size() == 9);
}

TEST_CASE("operators count their arguments", "[server]") {
  CHECK(exception_of([] { positional(0).take_slot("__contains__", 1); }) ==
        "TypeError: expected 1 argument, got 0");
  CHECK(exception_of([] { positional(1).take_unnamed_slot("__setitem__", 2); }) ==
        "TypeError:  expected 2 arguments, got 1");
  CHECK(exception_of([] { with_keywords(2, {"x"}).take_unnamed_slot("__setitem__", 2); }) ==
        "TypeError: wrapper __setitem__() takes no keyword arguments");
}

TEST_CASE("functions in Python bind their arguments", "[server]") {
  CHECK(bound(positional(1)) == "nothing");
  CHECK(bound(with_keywords(0, {"c", "a"})) == "nothing");
  CHECK(bound(positional(0)) == "TypeError: T.f() missing 1 required positional argument: 'a'");
  CHECK(bound(positional(4)) ==
        "TypeError: T.f() takes from 2 to 4 positional arguments but 5 were given");
  CHECK(bound(positional(4), "f") ==
        "TypeError: f() takes from 1 to 3 positional arguments but 4 were given");
  CHECK(bound(with_keywords(1, {"a"})) == "TypeError: T.f() got multiple values for argument 'a'");
  CHECK(bound(with_keywords(9, {"x"})) ==
        "TypeError: T.f() got an unexpected keyword argument 'x'");

  const auto all_required = [](arguments args) {
    return exception_of([&] { args.bind("f", std::array<std::string_view, 3>{"a", "b", "c"}, 3); });
  };
  CHECK(all_required(positional(0)) ==
        "TypeError: f() missing 3 required positional arguments: 'a', 'b', and 'c'");
  CHECK(all_required(with_keywords(0, {"b"})) ==
        "TypeError: f() missing 2 required positional arguments: 'a' and 'c'");
  CHECK(all_required(positional(4)) ==
        "TypeError: f() takes 3 positional arguments but 4 were given");
  CHECK(exception_of([] { positional(1).bind("T.get", std::array<std::string_view, 0>(), 0); }) ==
        "TypeError: T.get() takes 1 positional argument but 2 were given");
}

TEST_CASE("a parameter that was not given is null", "[server]") {
  arguments args({frozen::integer(1)}, {{"c", frozen::integer(3)}});
  const auto [a, b, c] = args.bind("f", std::array<std::string_view, 3>{"a", "b", "c"}, 1);
  CHECK(a->as_integer() == 1);
  CHECK(b == nullptr);
  CHECK(c->as_integer() == 3);
}
