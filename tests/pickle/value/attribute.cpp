// SPDX-License-Identifier: BSL-1.0

#include "pickled/value/attribute.hpp"

#include "pickled/codec/unpickler.hpp"

#include <catch2/catch.hpp>

#include <string_view>

using namespace pickled;

namespace {

value load(std::string_view pickle) {
  return loads(as_bytes(pickle));
}

}  // namespace

TEST_CASE("an item of a dict is found by its key", "[pickle]") {
  const value dict = load("(dI1\nI2\nsVa\nI3\nsVa\nI4\ns.");
  CHECK(item_of(dict, "a").as_integer() == 4);
  CHECK(item_of(dict, "1").is_none());
  CHECK(item_of(dict, "1", value_view::integer(5)).as_integer() == 5);
  CHECK(item_of(value_view::integer(1), "a").is_none());
}

TEST_CASE("an attribute is what the last BUILD made it", "[pickle]") {
  const value object = load("(im\nC\n(dVa\nI1\nsVb\nI2\nsb(dVa\nI3\nsb.");
  CHECK(attribute_of(object, "a").as_integer() == 3);
  CHECK(attribute_of(object, "b").as_integer() == 2);
  CHECK(attribute_of(object, "c").is_none());
  CHECK(attribute_of(value_view::integer(1), "a").is_none());
  CHECK(attribute_of(load("(im\nC\n(dVa\nI1\nsb(dVa\nNsb."), "a").is_none());
}
