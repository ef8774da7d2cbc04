// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/slice.hpp"

#include <catch2/catch.hpp>

using namespace pickled;

TEST_CASE("a slice is a call of Python's slice, None where it is left out", "[proxy]") {
  const value v = to_value(slice{1, {}, -2});
  const instance_node& call = v->as_instance();
  CHECK(call.how == instance_node::construction::reduce);
  CHECK(call.callable.as_global() == global_name{"builtins", "slice"});
  CHECK(call.args.get<std::tuple<int, std::optional<int>, int>>() ==
        std::tuple(1, std::optional<int>(), -2));
}
