// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/sequence.hpp"

#include "pickled/convert/convert.hpp"
#include "pickled/python/repr.hpp"
#include "tests/convert/recorded.hpp"

#include <boost/container/flat_map.hpp>
#include <boost/container/flat_set.hpp>
#include <boost/container/small_vector.hpp>
#include <catch2/catch.hpp>

#include <array>
#include <complex>
#include <deque>
#include <initializer_list>
#include <list>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_view_literals;
using Catch::Message;

namespace {

// A type of the program's own that may hold itself.
struct tree {
  std::vector<tree> branches;
};

void from_value(value_view v, tree& to) {
  from_value(v, to.branches);
}

}  // namespace

TEST_CASE("sequences are lists, sets are sets", "[pickle]") {
  const std::vector three = {1, 2, 3};
  CHECK(to_value(three).is(kind::list));
  CHECK(to_value(three).get<std::vector<int>>() == three);
  CHECK(to_value(std::span(three)).get<std::deque<int>>() == std::deque{1, 2, 3});
  CHECK(to_value(std::list{1, 2}).get<std::list<int>>() == std::list{1, 2});
  CHECK(to_value(std::array{1, 2}).get<std::array<int, 2>>() == std::array{1, 2});
  CHECK(to_value(std::vector{true, false}).get<std::vector<bool>>() == std::vector{true, false});
  CHECK(to_value(std::set{1, 2}).is(kind::set));
  CHECK(to_value(std::unordered_set{1, 2}).get<std::set<int>>() == std::set{1, 2});
}

TEST_CASE("containers of others are what they can do", "[pickle]") {
  const boost::container::small_vector<int, 2> two = {1, 2};
  CHECK(repr(to_value(two)) == "[1, 2]");
  CHECK(to_value(two).get<boost::container::small_vector<int, 2>>() == two);
  const boost::container::flat_set<int> set = {1};
  CHECK(repr(to_value(set)) == "{1}");
  CHECK(to_value(set).get<boost::container::flat_set<int>>() == set);
  const boost::container::flat_map<int, bool> map = {{1, true}};
  CHECK(repr(to_value(map)) == "{1: True}");
  CHECK(to_value(map).get<boost::container::flat_map<int, bool>>() == map);
}

TEST_CASE("items of a set that are equal in Python are one", "[pickle]") {
  // {1, 1.0, True} and frozenset((1, 1.0, 2))
  const auto one = "\x80\4\x8f(K\1G\x3f\xf0\0\0\0\0\0\0\x88\x90."sv;
  const auto two = "\x80\4(K\1G\x3f\xf0\0\0\0\0\0\0K\2\x91."sv;
  CHECK(loads<std::vector<int>>(as_bytes(one)) == std::vector{1});
  CHECK(loads<std::set<int>>(as_bytes(two)) == std::set{1, 2});
}

TEST_CASE("whatever is a sequence in Python is read as one", "[pickle]") {
  for (const char* name : {"list", "tuple", "set", "frozenset", "deque", "array", "my_list",
                           "user_list", "my_tuple"}) {
    for (const value& v : recorded(name)) {
      INFO(name);
      CHECK(v.get<std::vector<int>>() == std::vector{1, 2, 3});
      CHECK(v.get<std::set<int>>() == std::set{1, 2, 3});
    }
  }
  for (const value& v : recorded("iterator"))
    CHECK(v.get<std::vector<int>>() == std::vector{2, 3});
  for (const value& v : recorded("reversed"))
    CHECK(v.get<std::vector<int>>() == std::vector{2, 1});
}

TEST_CASE("numpy's arrays of one dimension are read as sequences", "[pickle]") {
  for (const value& v : recorded("strided"))
    CHECK(v.get<std::vector<long>>() == std::vector<long>{0, 4, 8});
  for (const value& v : recorded("big_endian"))
    CHECK(v.get<std::vector<int>>() == std::vector{1, 2, 3});
  for (const value& v : recorded("unsigned")) {
    CHECK(v.get<std::vector<std::uint64_t>>() ==
          std::vector<std::uint64_t>{1, 18446744073709551615U});
  }
  for (const value& v : recorded("bools"))
    CHECK(v.get<std::vector<bool>>() == std::vector{true, false, true});
  for (const value& v : recorded("complexes")) {
    CHECK(v.get<std::vector<std::complex<double>>>() == std::vector{std::complex(1.5, -2.0)});
  }
  for (const char* name : {"matrix", "objects", "strings", "scalar_array"}) {
    for (const value& v : recorded(name))
      CHECK_THROWS_AS(v.get<std::vector<double>>(), conversion_error);
  }
}

TEST_CASE("an array takes as many items as it has", "[pickle]") {
  CHECK_THROWS_MATCHES((to_value(std::vector{1, 2, 3}).get<std::array<int, 2>>()), conversion_error,
                       Message("$: expected 2 items, got 3"));
}

TEST_CASE("what does not fit is named by its path", "[pickle]") {
  using table = std::vector<std::map<std::string, int>>;
  const value v = to_value(std::vector<std::map<std::string, std::variant<int, std::string>>>{
      {}, {}, {}, {{"x", "text"}}});
  CHECK_THROWS_MATCHES(v.get<table>(), conversion_error,
                       Message("$[3]['x']: expected int, got str"));
  CHECK_THROWS_MATCHES(to_value(std::set<std::string>{"a"}).get<std::set<int>>(), conversion_error,
                       Message("$['a']: expected int, got str"));
  CHECK_THROWS_MATCHES(to_value(std::map<int, int>()).get<std::vector<int>>(), conversion_error,
                       Message("$: expected list, got dict"));
}

TEST_CASE("a list that holds itself is refused by a type that may", "[pickle]") {
  const value v = loads(as_bytes(std::string_view("]q\0h\0a.", 7)));
  CHECK_THROWS_AS(v.get<tree>(), conversion_error);
  CHECK(loads<tree>(as_bytes(std::string_view("](]]e."))).branches.size() == 2);
}

TEST_CASE("a deque is read that was made of its items, as our server sends it", "[convert]") {
  arena where;
  value_builder b(where);
  const value_view items[] = {value_view::integer(1), value_view::integer(2)};
  const auto deque_of = [&](std::initializer_list<value_view> args) {
    return b.instance(instance_node::construction::reduce, b.global("collections", "deque"),
                      b.tuple(std::vector(args)));
  };
  CHECK(deque_of({b.list(items)}).get<std::vector<int>>() == std::vector{1, 2});
  CHECK(deque_of({b.list(items), value_view::integer(1)}).get<std::vector<int>>() ==
        std::vector{2});
  CHECK(repr(deque_of({b.list(items), value_view::integer(5)})) == "deque([1, 2], maxlen=5)");
  CHECK_THROWS_AS(deque_of({b.str("x")}).get<std::vector<int>>(), conversion_error);
}
