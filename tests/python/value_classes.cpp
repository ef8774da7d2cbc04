// SPDX-License-Identifier: BSL-1.0

#include "python/value_classes.hpp"

#include "pickled/codec/unpickler.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_literals;

namespace {

struct fixture {
  fixture() { compare_by_value({"app.Level", "jobs.*"}); }
  ~fixture() { compare_by_value({}); }
};

value member(const std::string& module_and_class, const std::string& content) {
  return loads(as_bytes("\x80\4c" + module_and_class + "\n" + content + "\x85R."));
}

value job(const std::string& module_and_class, const std::string& state) {
  return loads(as_bytes("\x80\4c" + module_and_class + "\n)\x81" + state + "b."));
}

std::string less_or_error(value_argument a, value_argument b) {
  try {
    return less(a, b) ? "yes" : "no";
  } catch (const python_error& error) {
    return error.what();
  }
}

const std::string level = "app\nLevel";
const std::string other = "app\nOther";
const value_view one = value_view::integer(1);

}  // namespace

TEST_CASE("Enum members of any other class are no numbers", "[pickle]") {
  CHECK_FALSE(equal(member(level, "K\1"), one));
  CHECK(less_or_error(member(level, "K\1"), member(level, "K\2")) == "yes");
  CHECK(less_or_error(one, member(level, "K\2")) ==
        "TypeError: '<' not supported between instances of 'int' and 'Level'");
}

TEST_CASE_METHOD(fixture, "members are the ints and texts that they are made of", "[pickle]") {
  CHECK(equal(member(level, "K\1"), one));
  CHECK(hash(member(level, "K\1")) == hash(one));
  CHECK(equal(member(level, "K\1"), member("jobs\nState", "K\1")));
  CHECK_FALSE(equal(member(other, "K\1"), one));
  CHECK(less_or_error(one, member(level, "K\2")) == "yes");
  CHECK(less_or_error(member(level, "K\2"), value_view::real(1.5)) == "no");
  const value text = member("jobs\nState", "\x8c\1a");
  CHECK(equal(text, loads("\x80\4\x8c\1a.")));
  CHECK(less_or_error(text, one) ==
        "TypeError: '<' not supported between instances of 'State' and 'int'");
  // Their text is not that of the value.
  CHECK_THAT(repr(member(level, "K\1")), Catch::Contains("app.Level"));
}

TEST_CASE_METHOD(fixture, "instances are less by their attributes in order", "[pickle]") {
  const std::string priority =
      "}(\x8c\x08"
      "priorityK";
  const auto with = [&](char number, char name) {
    return job("jobs\nJob", priority + number + "\x8c\4name\x8c\1" + name + "u");
  };
  CHECK(less_or_error(with(1, 'b'), with(2, 'a')) == "yes");
  CHECK(less_or_error(with(2, 'a'), with(1, 'b')) == "no");
  CHECK(less_or_error(with(1, 'a'), with(1, 'b')) == "yes");
  CHECK(less_or_error(with(1, 'a'), with(1, 'a')) == "no");
  const value slots = job("jobs\nSlots", "](K\1\x8c\1ae");
  CHECK(less_or_error(slots, job("jobs\nSlots", "](K\2\x8c\1ae")) == "yes");
  const std::string of_two = "'<' not supported between instances of ";
  CHECK(less_or_error(with(1, 'a'), slots) == "TypeError: " + of_two + "'Job' and 'Slots'");
  // A field that cannot be ordered says so.
  const value none = job("jobs\nJob",
                         "}(\x8c\x08"
                         "priorityN\x8c\4name\x8c\1au");
  CHECK(less_or_error(none, with(1, 'a')) == "TypeError: " + of_two + "'NoneType' and 'int'");
  const value unknown = job(other, priority + "\1u");
  CHECK(less_or_error(unknown, job(other, priority + "\2u")) ==
        "TypeError: " + of_two + "'Other' and 'Other'");
}
