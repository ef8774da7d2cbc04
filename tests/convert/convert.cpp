// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/convert.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <string>
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

TEST_CASE("malformed bytes and unsuitable values are told apart", "[pickle]") {
  CHECK_THROWS_AS(loads<int>(as_bytes(std::string_view("K"))), unpickling_error);
  CHECK_THROWS_AS(loads<int>(as_bytes(std::string_view("N."))), conversion_error);
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
