// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/absent.hpp"

#include "pickled/convert/convert.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <vector>

using namespace pickled;

TEST_CASE("what stands for no item is known again, and equal to no other bytes", "[proxy]") {
  const value sent = to_value(absent());
  CHECK(is_absent(sent));
  CHECK(is_absent(value_argument(loads(dumps(sent)))));
  auto bytes = sent.get<std::vector<std::byte>>();
  CHECK(bytes.size() == 16);
  bytes.back() ^= std::byte{1};
  CHECK_FALSE(is_absent(value_argument(to_value(bytes))));
  CHECK_FALSE(is_absent(value_view::none()));
}
