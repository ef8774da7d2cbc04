// SPDX-License-Identifier: BSL-1.0

// The steps of a path, followed into values and from the errors that name them.

#include "pickled/convert/convert.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/repr.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

using namespace pickled;

TEST_CASE("a path leads into a value", "[pickle]") {
  const value v = value::dict({{"rows", value::list({1, value::dict({{"x.y", 2}, {"z", 3}})})}});
  CHECK(equal(v.at_path("$"), v));
  CHECK(v.at_path("$.rows[1].z").get<int>() == 3);
  CHECK(v.at_path("$['rows'][1][\"x.y\"]").get<int>() == 2);
  value rows = v.at_path("$.rows");
  rows[0] = 5;
  CHECK(v.at_path("$.rows[0]").get<int>() == 5);
  CHECK_THROWS_WITH(v.at_path("$.rows[2].z"), "no item 2 in a value of type list");
  CHECK_THROWS_WITH(v.at_path("$.cols"), "no item 'cols' in a value of type dict");
  std::error_code error;
  CHECK(v.at_path("$.rows[1].z", error).get<int>() == 3);
  CHECK_FALSE(error);
  CHECK(v.at_path("$.cols", error)->is_none());
  CHECK(error == pickle_errc::not_found);
  CHECK(v->at_path("$..", error).is_none());
  CHECK(error == pickle_errc::bad_path);
  for (const char* path : {"", "rows", "$rows", "$.", "$.rows[", "$.rows[x]", "$.rows[]", "$..rows",
                           "$.rows[-1]", "$['rows]", "$.rows[99999999999999999999]"})
    CHECK_THROWS_WITH(v.at_path(path), std::string("not a path of a value: ") + path);
}

TEST_CASE("an item is patched where a path leads", "[pickle]") {
  value v =
      value::dict({{"rows", value::list({1, value::dict({{"x", 2}})})}, {"t", std::tuple(1)}});
  const value rows = v["rows"];
  v.patch("$.rows[1].x", "two");
  v.patch("$['rows'][0]", std::vector{1, 2});
  v.patch("$.more", 3);
  CHECK(repr(rows) == "[[1, 2], {'x': 'two'}]");
  CHECK(repr(v) == "{'rows': [[1, 2], {'x': 'two'}], 't': (1,), 'more': 3}");

  CHECK_THROWS_WITH(v.patch("$.rows[2]", 0), "no item 2 in a value of type list");
  CHECK_THROWS_WITH(v.patch("$.none.x", 0), "no item 'none' in a value of type dict");
  CHECK_THROWS_WITH(v.patch("$.t[0]", 0), "cannot assign to item 0 of a value of type tuple");
  CHECK_THROWS_WITH(v.patch("$.rows.x", 0), "no item 'x' in a value of type list");
  CHECK_THROWS_WITH(v.patch("rows", 0), "not a path of a value: rows");
  std::error_code error;
  v.patch("$.t[0]", 0, error);
  CHECK(error == pickle_errc::other_kind);
  v.patch("$.more", 4, error);
  CHECK_FALSE(error);
  CHECK(v["more"].get<int>() == 4);

  v.patch("$", 5);
  CHECK(v.get<int>() == 5);
}

TEST_CASE("an instance is patched in its __dict__", "[pickle]") {
  // Point() with x = 1, and then y = 2.
  value v = loads(as_bytes(std::string_view("cm\nPoint\n)\x81}U\1xK\1sb}U\1yK\2sb.")));
  v.patch("$.x", 10);
  v.patch("$.y", 20);
  v.patch("$.z", 30);
  CHECK(v.at_path("$.x").get<int>() == 10);
  CHECK(v.at_path("$.y").get<int>() == 20);
  CHECK(v.at_path("$.z").get<int>() == 30);
}

TEST_CASE("an instance without a state is given one", "[pickle]") {
  value bare = loads(std::string_view("cm\nPoint\n)\x81."));
  bare.patch("$.x", 1);
  bare.patch("$.y", 2);
  CHECK(as_text(dumps(bare)) == "\x80\4\x8c\1m\x8c\5Point\x93)\x81}(\x8c\1xK\1\x8c\1yK\2ub.");
  // decimal.Decimal('1') has no __dict__.
  value number = loads(std::string_view("cdecimal\nDecimal\n(V1\ntR."));
  CHECK_THROWS_WITH(number.patch("$.x", 1), "no item 'x' in a value made by decimal.Decimal");
  // The fields of a dataclass, by their positions.
  value fields = loads(std::string_view("cm\nPoint\n)\x81](K\1K\2eb."));
  CHECK_THROWS_WITH(fields.patch("$.x", 1), "no item 'x' in an instance of m.Point");
}

TEST_CASE("slots are attributes", "[pickle]") {
  // (None, {'x': 1}) and ({'x': 1}, {'y': 2}).
  value slots = loads(std::string_view("cm\nPoint\n)\x81N}U\1xK\1s\206b."));
  CHECK(slots.at_path("$.x").get<int>() == 1);
  slots.patch("$.x", 3);
  slots.patch("$.z", 4);
  CHECK(slots.at_path("$.x").get<int>() == 3);
  CHECK(slots.at_path("$.z").get<int>() == 4);
  value both = loads(std::string_view("cm\nPoint\n)\x81}U\1xK\1s}U\1yK\2s\206b."));
  both.patch("$.y", 5);
  both.patch("$.z", 6);
  CHECK(both.at_path("$.x").get<int>() == 1);
  CHECK(both.at_path("$.y").get<int>() == 5);
  CHECK(both.at_path("$.z").get<int>() == 6);
}

namespace {

// Every place of a value that is not an int, as the error of a conversion names it.
template <class T>
std::string path_in_error(const value& v) {
  try {
    (void)v.get<T>();
  } catch (const conversion_error& error) {
    return error.path();
  }
  return "nothing is wrong";
}

}  // namespace

TEST_CASE("what an error names is found, whatever the keys are", "[pickle]") {
  const std::string long_text(100, '\'');
  const value keys[] = {
      value{"a"},
      value{"it's"},
      value{"\"quoted' twice\""},
      value{"a\nb\\"},
      value{"x.y[0]"},
      value{"']['"},
      value{""},
      value{"\xc3\xa9"},
      value{"$"},
      value{-1},
      value{1.5},
      value{true},
      value{nullptr},
      value{as_bytes("b'\xff")},
      value{std::tuple(1, "]", std::tuple())},
      value{long_text},
      value{std::string(59, 'x') + "\xc3\xa9\xc3\xa9"},
  };
  for (const value& key : keys) {
    value v = value::dict({{"first", 0}, {0, 1}, {key, "no int"}, {"last", 2}});
    const std::string path = path_in_error<std::unordered_map<value, int>>(v);
    INFO(path);
    CHECK(v.at_path(path).get<std::string>() == "no int");
    CHECK(v->at_path(path).as_str() == "no int");
    v.patch(path, std::vector{7});
    CHECK(v.at_path(path + "[0]").get<int>() == 7);

    const value list = value::list({value::dict({{key, value::list({1, "no int"})}})});
    const std::string inner =
        path_in_error<std::vector<std::unordered_map<value, std::vector<int>>>>(list);
    INFO(inner);
    CHECK(list.at_path(inner).get<std::string>() == "no int");
    const value set = value::set({value{2}, key});
    if (!key.is(kind::boolean) && !key.is(kind::integer) && !key.is(kind::real)) {
      const std::string item = path_in_error<std::set<int>>(set);
      INFO(item);
      CHECK(set.at_path(item) == key);
    }
  }
}

TEST_CASE("a key has a path of its own", "[pickle]") {
  value v = value::dict({{"a", 1}, {std::tuple(1, "x"), 2}});
  CHECK(path_in_error<std::map<int, int>>(v) == "$[key 'a']");
  CHECK(v.at_path("$[key 'a']").get<std::string>() == "a");
  v.erase("a");
  CHECK(path_in_error<std::map<std::pair<int, int>, int>>(v) == "$[key (1, 'x')][1]");
  CHECK(v.at_path("$[key (1, 'x')][1]").get<std::string>() == "x");
  CHECK_THROWS_WITH(v.patch("$[key (1, 'x')]", 1),
                    "cannot assign to item [key (1, 'x')] of a value of type dict");
}

TEST_CASE("a path leads through what is a list or dict in all but name", "[pickle]") {
  // collections.OrderedDict of 'a' to m.L of [1, 'x'].
  value v = loads(std::string_view("ccollections\nOrderedDict\n)RU\1acm\nL\n)\x81(K\1U\1xes."));
  const std::string path = path_in_error<std::map<std::string, std::vector<int>>>(v);
  CHECK(path == "$['a'][1]");
  CHECK(v.at_path(path).get<std::string>() == "x");
  CHECK(v.at_path("$.a[0]").get<int>() == 1);
  v.patch(path, 2);
  CHECK(v.get<std::map<std::string, std::vector<int>>>().at("a") == std::vector{1, 2});
  const value numbers = to_value(ndarray_view<double>(std::vector{1.5, 2.5}));
  CHECK(path_in_error<std::vector<std::string>>(numbers) == "$[0]");
  CHECK(numbers.at_path("$[1]").get<double>() == 2.5);
  CHECK_THROWS_AS(numbers.at_path("$[2]"), access_error);
}

TEST_CASE("of an int that has no text the class is told", "[pickle]") {
  // 1 << 80000.
  std::string pickle("}\x8b\x11\x27\0\0", 6);
  pickle += std::string(10000, '\0') + "\1U\1xs.";
  const value v = loads(pickle);
  const std::string path = path_in_error<std::unordered_map<value, int>>(v);
  CHECK(path == "$[<int>]");
  CHECK(v.at_path(path).get<std::string>() == "x");
}
