// SPDX-License-Identifier: BSL-1.0

#include "frozen/iterate.hpp"

#include "frozen/thaw.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"
#include "tests/recorded.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <initializer_list>
#include <span>
#include <string>

using namespace pickled;
using namespace pickled::detail;

namespace {

frozen freeze_hex(const std::string& hex) {
  const std::string bytes = unhex(hex);
  frozen result;
  REQUIRE_FALSE(freeze(as_bytes(bytes), {}, result));
  return result;
}

// As the lines of tests/data/pickle/iterate.py have it.
std::string text_of(const frozen& iterable) {
  try {
    const auto items = iterate(iterable);
    if (!items) {
      return fmt::format("!TypeError: '{}' object is not iterable", type_name(thaw(iterable)));
    }
    std::string text;
    for (const frozen& item : *items)
      text += (text.empty() ? "" : ", ") + repr(thaw(item));
    return "[" + text + "]";
  } catch (const python_error& error) {
    return std::string("!") + error.what();
  }
}

}  // namespace

TEST_CASE("what Python iterates yields the items that it yields in CPython", "[pickle]") {
  const std::string name = GENERATE("iterate-3.8.txt", "iterate-3.13.txt");
  std::ifstream in(test_data("pickle/" + name));
  std::size_t lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    CAPTURE(name, lines + 1, line);
    const std::size_t tab = line.find('\t');
    CHECK(text_of(freeze_hex(line.substr(0, tab))) == line.substr(tab + 1));
  }
  CHECK(lines > 150);
}

namespace {

// callable(*args) of the builtins.
value_view call(std::string_view callable, std::initializer_list<value_view> args,
                value_builder& build) {
  return build.instance(instance_node::construction::reduce, build.global("builtins", callable),
                        build.tuple(std::span(args.begin(), args.size())));
}

std::string error_of(const frozen& iterable, std::size_t max_memory) {
  try {
    freeze_options limits;
    limits.max_memory = max_memory;
    iterate(iterable, limits);
  } catch (const python_error& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a function that would have to run is named", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view items = call("iter", {build.list()}, build);
  CHECK(text_of(freeze(call("map", {build.global("mymod", "f"), items}, build))) ==
        "!TypeError: this server runs no Python, so that map cannot call mymod.f");
  CHECK(text_of(freeze(call("filter", {value_view::none(), items}, build))) ==
        "!TypeError: this server runs no Python, so that filter cannot call it");
}

TEST_CASE("what would be too many items is refused before any is made", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view zero = value_view::integer(0);
  const value_view one = value_view::integer(1);
  const value_view huge = call("range", {zero, value_view::integer(1'000'000'000'000), one}, build);
  CHECK(error_of(freeze(huge), std::size_t{1} << 30) == "MemoryError");
  CHECK(error_of(freeze(call("iter", {huge}, build)), std::size_t{1} << 30) == "MemoryError");
  CHECK(error_of(frozen::str(std::string(100'000, 'x')), 1'000'000) == "MemoryError");
  CHECK(error_of(frozen::str(std::string(10'000, 'x')), 1'000'000) == "none");
  value_view nested = build.list();
  for (int i = 0; i != 1000; ++i)
    nested = call("iter", {nested}, build);
  CHECK(error_of(freeze(nested), std::size_t{1} << 30) ==
        "RecursionError: maximum recursion depth exceeded");
}

TEST_CASE("items that were one object remain one", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view list = build.list();
  const value_view reversed = call("reversed", {build.list(std::array{list, list})}, build);
  const auto items = iterate(freeze(reversed)).value();
  REQUIRE(items.size() == 2);
  CHECK(items[0].identity() != nullptr);
  CHECK(items[0].identity() == items[1].identity());
}
