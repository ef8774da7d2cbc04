// SPDX-License-Identifier: BSL-1.0

#include "frozen/key.hpp"

#include "frozen/freezer.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <limits>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

key key_of(value_argument v) {
  return key(freeze(v));
}

}  // namespace

TEST_CASE("keys that Python takes for one are one", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view one = value_view::integer(1);
  const value_view decimal_one =
      build.instance(instance_node::construction::reduce, build.global("decimal", "Decimal"),
                     build.tuple(std::array{build.str("1.0")}));
  std::unordered_map<key, int> d;
  d.emplace(key_of(one), 1);
  CHECK(d.contains(key_of(value_view::boolean(true))));
  CHECK(d.contains(key_of(value_view::real(1))));
  CHECK(d.contains(key_of(build.complex(1, 0))));
  CHECK(d.contains(key_of(decimal_one)));
  CHECK_FALSE(d.contains(key_of(build.str("1"))));
  CHECK_FALSE(d.contains(key_of(value_view::integer(2))));
  d.emplace(key_of(build.tuple(std::array{one, build.str("a")})), 2);
  CHECK(d.contains(key_of(build.tuple(std::array{value_view::real(1), build.str("a")}))));
  d.emplace(key_of(build.frozenset(std::array{one, build.str("a")})), 3);
  CHECK(d.contains(key_of(build.frozenset(std::array{build.str("a"), decimal_one}))));
  d.emplace(key_of(build.str("a")), 4);
  CHECK(d.contains(key(frozen::str("a"))));
  CHECK_FALSE(d.contains(key(frozen::bytes(as_bytes("a")))));
  const std::string text(1000, 'x');
  d.emplace(key(frozen::str(text)), 5);
  CHECK(d.contains(key_of(build.str(text))));
  CHECK(d.contains(key(frozen::none())) == false);
  CHECK(d.size() == 5);
}

TEST_CASE("a key's hash is that of its value", "[pickle]") {
  arena where;
  value_builder build(where);
  const std::array values{value_view::none(),
                          value_view::boolean(false),
                          value_view::integer(-5),
                          value_view::real(0.5),
                          build.str("text"),
                          build.bytes(as_bytes("bytes")),
                          build.tuple(std::array{value_view::integer(1)}),
                          build.integer(as_bytes(std::string(20, '\x7f')))};
  for (const value_view v : values)
    CHECK(key_of(v).hash() == hash(v));
}

TEST_CASE("a NaN is no key that can be found, and many of them are no load", "[pickle]") {
  const value_view nan = value_view::real(std::numeric_limits<double>::quiet_NaN());
  CHECK_FALSE(key_of(nan) == key_of(nan));
  std::unordered_map<key, int> d;
  for (int i = 0; i != 20'000; ++i)
    d.emplace(key_of(nan), i);
  CHECK(d.size() == 20'000);
}

TEST_CASE("a tuple with a NaN is one key as long as it is one object", "[pickle]") {
  arena where;
  value_builder build(where);
  const value_view nan = value_view::real(std::numeric_limits<double>::quiet_NaN());
  const value_view pair = build.tuple(std::array{build.str("a"), nan});
  const frozen object = freeze(pair);
  CHECK(key(object) == key(object));
  CHECK(key(object).hash() == key(object).hash());
  std::unordered_set<std::uint64_t> hashes;
  std::vector<key> others;
  for (int i = 0; i != 20'000; ++i)
    hashes.insert(others.emplace_back(freeze(pair)).hash());
  CHECK(hashes.size() == 20'000);
}

TEST_CASE("what Python cannot hash is no key", "[pickle]") {
  arena where;
  value_builder build(where);
  const auto error_of = [](value_argument v) {
    try {
      key_of(v);
    } catch (const python_error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  CHECK(error_of(build.list()) == "TypeError: unhashable type: 'list'");
  CHECK(error_of(build.dict()) == "TypeError: unhashable type: 'dict'");
  CHECK(error_of(build.set()) == "TypeError: unhashable type: 'set'");
  CHECK(error_of(build.bytearray({})) == "TypeError: unhashable type: 'bytearray'");
  CHECK(error_of(build.tuple(std::array{build.list()})) == "TypeError: unhashable type: 'list'");
}
