// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/big_integer.hpp"
#include "tests/integration/live_server.hpp"

#include <chrono>
#include <complex>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

// Python's SimpleNamespace takes any attributes.
struct point {
  int x = 0;
  std::optional<std::string> label;
  friend bool operator==(const point&, const point&) = default;
};
PICKLED_DESCRIBE(point, "types", "SimpleNamespace", x, label)

template <class T>
void survives(const list_proxy<>& l, const T& original) {
  l.push_back(original);
  CHECK(l.pop<T>() == original);
}

}  // namespace

TEST_CASE("C++ values survive the server and its Python", "[values]") {
  using namespace std::chrono;
  const auto l = connect().list();
  survives(l, true);
  survives(l, std::numeric_limits<std::int64_t>::min());
  survives(l, std::numeric_limits<std::uint64_t>::max());
  survives(l, boost::multiprecision::cpp_int(1) << 200);
  survives(l, -(boost::multiprecision::cpp_int(1) << 200));
  survives(l, 1e-300);
  survives(l, std::complex<double>(1, -2));
  survives(l, std::string("\xc3\xa9\xed\xa0\x80\0"));
  survives(l, std::string(100'000, 'x'));
  survives(l, std::vector<std::byte>(70'000, std::byte{0xff}));
  survives(l, std::optional<int>());
  survives(l, std::tuple(1, std::string("two"), std::pair(3.5, false)));
  survives(l, std::set<std::string>{"a", "b"});
  survives(l, std::map<std::pair<int, int>, std::vector<std::string>>{{{1, 2}, {"x", "y"}}, {}});
  survives(l, sys_days(year(2024) / 2 / 29) + hours(5) + microseconds(7));
  survives(l, local_days(year(1) / 1 / 1) + seconds(1));
  survives(l, year(2024) / 2 / 29);
  survives(l, milliseconds(-1500));
  survives(l, std::filesystem::path("/tmp/\xff"));
  survives(l, point{5, "five"});
  survives(l, std::vector<point>(3, point{1, {}}));
}

TEST_CASE("a value of any kind goes through as it is", "[values]") {
  const auto l = connect().list();
  l.push_back(std::vector{point{1, "a"}});
  const value v = l.at(0);
  l.push_back(v);
  CHECK(l.get<std::vector<point>>(1) == std::vector{point{1, "a"}});
}

TEST_CASE("C++ arrays are numpy's", "[numpy]") {
  const auto l = connect().list();
  const double numbers[] = {0, 1, 2, 3, 4, 5};
  l.push_back(ndarray_view<double>(numbers, {2, 3}));
  CHECK(l.repr() == "[array([[0., 1., 2.],\n       [3., 4., 5.]])]");
  const value v = l.at(0);
  CHECK(v.get<ndarray_view<double>>()(1, 2) == 5);
}
