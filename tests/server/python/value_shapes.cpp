// SPDX-License-Identifier: BSL-1.0

#include "server/python/value_shapes.hpp"

#include "pickled/codec/unpickler.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_literals;

namespace {

auto shapes_of(const std::string& pickle) {
  return value_shapes(value_argument(loads(as_bytes(pickle))));
}

}  // namespace

TEST_CASE("plain values have no shape", "[server]") {
  CHECK(shapes_of("\x80\4](K\1\x8c\1a}\x8c\1kNse.").empty());
}

TEST_CASE("values that differ in numbers and texts have one shape", "[server]") {
  CHECK(shapes_of("\x80\4cm\nC\nK\1\x85R.") == shapes_of("\x80\4cm\nC\nK\2\x85R."));
  CHECK(shapes_of("\x80\4cm\nC\n)\x81}\x8c\1aK\1sb.") ==
        shapes_of("\x80\4cm\nC\n)\x81}\x8c\1aK\2sb."));
  // However many there are.
  const std::string one = "cm\nC\nK\1\x85R";
  CHECK(shapes_of("\x80\4" + one + ".") == shapes_of("\x80\4](" + one + one + "e."));
}

TEST_CASE("what is called, and with what, makes the shape", "[server]") {
  const std::string pickles[] = {
      "\x80\4cm\nC\n.",
      "\x80\4cm\nD\n.",
      "\x80\4cm\nC\n)R.",
      "\x80\4cm\nC\n)\x81.",
      "\x80\4cm\nC\nK\1\x85R.",
      "\x80\4cm\nC\n\x8c\1a\x85R.",
      "\x80\4cm\nC\nK\1K\1\x86R.",
      "\x80\4cm\nC\n)\x81}\x8c\1aK\1sb.",
      "\x80\4cm\nC\n)\x81}\x8c\1bK\1sb.",
      "\x80\4cm\nC\n)\x81Nb.",
      "\x80\4cm\nC\n)\x81K\1a.",
      "\x80\4cbuiltins\ngetattr\ncm\nC\n\x8c\1a\x86R.",
      "\x80\4cbuiltins\ngetattr\ncm\nC\n\x8c\1b\x86R.",
      "\x80\4cbuiltins\ngetattr\ncm\nD\n\x8c\1b\x86R.",
  };
  for (const std::string& a : pickles)
    for (const std::string& b : pickles) {
      CAPTURE(a, b);
      CHECK((shapes_of(a) == shapes_of(b)) == (a == b));
    }
}
