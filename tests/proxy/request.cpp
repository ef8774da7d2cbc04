// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/request.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <tuple>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("a request is (ident, methodname, args, kwds)", "[proxy]") {
  using message = std::tuple<std::string, std::string, std::tuple<int, std::string>,
                             std::map<std::string, double>>;
  const buffer request = make_call("7f00", "put", 5, keyword{"timeout", 0.5}, "six");
  CHECK(loads<message>(request) == message("7f00", "put", {5, "six"}, {{"timeout", 0.5}}));
}

TEST_CASE("a request to the server itself has no ident", "[proxy]") {
  const value message = loads(make_call({}, "dummy"));
  CHECK(message->is(kind::tuple));
  CHECK(message->as_items()[0].is_none());
  CHECK(message->as_items()[2].as_items().empty());
  CHECK(message->as_items()[3].as_entries().empty());
}

TEST_CASE("an argument that cannot be sent is refused", "[proxy]") {
  CHECK_THROWS_AS(make_call("7f00", "append", "\xff"), conversion_error);
}
