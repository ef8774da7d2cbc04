// SPDX-License-Identifier: BSL-1.0

#include "server/registry.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using pickled::detail::registered_type;
using pickled::detail::registry;

TEST_CASE("a registry finds types by their typeid", "[server]") {
  registry types;
  types.register_type({"counter", {}, "AutoProxy", {"add", "get"}, {}});
  REQUIRE(types.find("counter") != nullptr);
  CHECK(types.find("counter")->exposed == std::vector<std::string>{"add", "get"});
  CHECK(types.find("other") == nullptr);
}

TEST_CASE("methods that hand out proxies are exposed, once more as in CPython", "[server]") {
  registry types;
  types.register_type({"dict", {}, "DictProxy", {"__iter__", "get"}, {{"__iter__", "Iterator"}}});
  CHECK(types.find("dict")->exposed == std::vector<std::string>{"__iter__", "get", "__iter__"});
}

TEST_CASE("a typeid is registered once", "[server]") {
  registry types;
  types.register_type({"counter", {}, "AutoProxy", {}, {}});
  CHECK_THROWS_AS(types.register_type({"counter", {}, "AutoProxy", {}, {}}), std::invalid_argument);
}
