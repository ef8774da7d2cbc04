// SPDX-License-Identifier: BSL-1.0

// Many calls of one proxy in one round trip.

#include "tests/integration/live_server.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("many items of a dict are found at once", "[bulk]") {
  const auto d = connect().dict<std::string, int>();
  d.update(std::map<std::string, int>{{"a", 1}, {"c", 3}});
  CHECK(d.find_many({"c", "b", "a", "c"}) ==
        std::vector<std::optional<int>>{3, std::nullopt, 1, 3});
  CHECK(d.find_many({}).empty());
  CHECK(dict_proxy<>(d).find_many<int>(std::vector{"a"}) == std::vector<std::optional<int>>{1});
  CHECK(d.size() == 2);
}

TEST_CASE("many items of a list are found at once", "[bulk]") {
  const auto l = connect().list<std::string>(std::vector{"a", "b", "c"});
  CHECK(l.find_many({-1, 5, 0}) == std::vector<std::optional<std::string>>{"c", std::nullopt, "a"});
}

TEST_CASE("many items are put at once, in their order", "[bulk]") {
  const auto q = connect().queue<int>();
  q.put_many({1, 2, 3});
  CHECK(q.size() == 3);
  CHECK(q.get() == 1);
  CHECK(q.get() == 2);
  CHECK(q.get() == 3);
}

TEST_CASE("a call among many that fails leaves the others and the next one alone", "[bulk]") {
  const auto m = connect();
  const auto d = m.dict();
  const auto l = m.list(std::vector{1, 2});
  d["k"] = "v";
  CHECK_THROWS_MATCHES(d.find_many(std::vector{to_value("k"), l.get_value(), to_value("k")}),
                       python_error, says("TypeError: unhashable type: 'list'"));
  CHECK(d.get<std::string>("k") == "v");
  CHECK_THROWS_AS(d.find_many<int>(std::vector{"none", "k"}), conversion_error);
  CHECK(d.get<std::string>("k") == "v");
  CHECK_THROWS_MATCHES(l.find_many(std::vector<std::string>{"x", "y"}), python_error,
                       Catch::Predicate<python_error>(
                           [](const python_error& e) { return e.type() == "TypeError"; }));
  CHECK(l.get<int>(1) == 2);
}

TEST_CASE("more is found at once than both sockets hold", "[bulk]") {
  const auto d = connect().dict<int, std::string>();
  const std::string item(1 << 20, 'x');
  std::vector<int> keys;
  for (int i = 0; i != 16; ++i) {
    d.set(i, item);
    keys.push_back(i);
  }
  for (const auto& found : d.find_many(keys))
    CHECK(found == item);
}
