// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/mapping.hpp"

#include "pickled/convert/convert.hpp"
#include "tests/convert/recorded.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

using namespace pickled;
using namespace pickled::detail;
using namespace std::string_view_literals;
using Catch::Message;

TEST_CASE("maps are dicts", "[pickle]") {
  const std::map<std::string, int> two = {{"a", 1}, {"b", 2}};
  CHECK(to_value(two).is(kind::dict));
  CHECK(to_value(two).get<std::map<std::string, int>>() == two);
  CHECK(to_value(std::unordered_map<int, bool>{{1, true}}).get<std::map<int, bool>>() ==
        std::map<int, bool>{{1, true}});
}

TEST_CASE("whatever is a dict in Python is read as one", "[pickle]") {
  for (const char* name :
       {"dict", "ordered_dict", "default_dict", "counter", "my_dict", "user_dict"}) {
    for (const value& v : recorded(name)) {
      INFO(name);
      CHECK(v.get<std::map<std::string, int>>() == std::map<std::string, int>{{"a", 1}, {"b", 2}});
    }
  }
  for (const value& v : recorded("my_list"))
    CHECK_THROWS_AS((v.get<std::map<int, int>>()), conversion_error);
}

TEST_CASE("of a key that came twice the last value counts", "[pickle]") {
  // {1: 2, 1: 3}
  const auto m = loads<std::map<int, int>>(as_bytes(std::string_view("}(K\1K\2K\1K\3u.")));
  CHECK(m == std::map<int, int>{{1, 3}});
}

TEST_CASE("keys that are equal in Python are one", "[pickle]") {
  // {1: 2, 1.0: 3, True: 4} and {True: 2, 1.0: 3}
  const std::string_view numbers = "}(K\1K\2G\x3f\xf0\0\0\0\0\0\0K\3\x88K\4u."sv;
  const std::string_view truth = "}(\x88K\2G\x3f\xf0\0\0\0\0\0\0K\3u."sv;
  CHECK((loads<std::map<int, int>>(as_bytes(numbers))) == std::map<int, int>{{1, 4}});
  CHECK((loads<std::map<bool, int>>(as_bytes(truth))) == std::map<bool, int>{{true, 3}});
  CHECK((loads<std::map<int, int>>(as_bytes(truth))) == std::map<int, int>{{1, 3}});
  // The first key stands, so {1.0: 2, 1: 3} is {1.0: 3}.
  const std::string_view real = "}(G\x3f\xf0\0\0\0\0\0\0K\2K\1K\3u."sv;
  CHECK((loads<std::map<double, int>>(as_bytes(real))) == std::map<double, int>{{1.0, 3}});
  CHECK_THROWS_MATCHES((loads<std::map<int, int>>(as_bytes(real))), conversion_error,
                       Message("$[key 1.0]: expected int, got float"));
  // {(1, 2): 2, (1.0, 2): 3}
  const std::string_view pairs = "}(K\1K\2\x86K\2G\x3f\xf0\0\0\0\0\0\0K\2\x86K\3u."sv;
  CHECK((loads<std::map<std::pair<int, int>, int>>(as_bytes(pairs))) ==
        std::map<std::pair<int, int>, int>{{{1, 2}, 3}});
}

TEST_CASE("a key that does not fit is named by its path", "[pickle]") {
  CHECK_THROWS_MATCHES((to_value(std::map<int, int>{{5, 6}}).get<std::map<std::string, int>>()),
                       conversion_error, Message("$[key 5]: expected str, got int"));
}
