// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/sharedctypes.hpp"

#include "pickled/process/reduction.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <numeric>
#include <string>

using namespace pickled;
namespace mp = pickled::multiprocessing;

namespace {

struct point {
  double x;
  int n;
};
PICKLED_DESCRIBE(point, "shapes", "Point", x, n)

template <class T>
std::string pickled_for_child(const T& from) {
  const mp::spawning child;
  return std::string(as_text(dumps(to_value(from)).view()));
}

}  // namespace

TEST_CASE("a value has its lock", "[process]") {
  const auto number = mp::value<int>::create(5);
  const auto copy = number;
  {
    const std::lock_guard guard(number);
    ++number.get_obj();
    CHECK(copy.get() == 6);
    CHECK(number.get_lock().what() == mp::sem_lock::kind::recursive_mutex);
  }
  copy.set(9);
  CHECK(number.get() == 9);
  CHECK(number.get_lock().get_value() == 1);
  const auto raw = mp::value<double>::create_raw(1.5);
  CHECK_FALSE(raw.get_lock());
  CHECK(raw.try_lock());
  CHECK(raw.get() == 1.5);
}

TEST_CASE("an array has its items side by side", "[process]") {
  const auto numbers = mp::array<std::int16_t>::create(4);
  CHECK(numbers.size() == 4);
  numbers.set(3, 7);
  CHECK(numbers.get(3) == 7);
  std::iota(numbers.get_obj().begin(), numbers.get_obj().end(), std::int16_t{1});
  CHECK(numbers.to_vector() == std::vector<std::int16_t>{1, 2, 3, 4});
  const std::string text = "hello";
  CHECK(mp::array<char>::create(std::span(text.data(), text.size())).get(4) == 'o');
}

TEST_CASE("a type of ctypes stands for each of C++", "[process]") {
  CHECK(pickled_for_child(mp::value<long>::create_raw()).find("c_long") != std::string::npos);
  CHECK(pickled_for_child(mp::value<wchar_t>::create_raw()).find("c_wchar") != std::string::npos);
  CHECK(pickled_for_child(mp::array<std::uint8_t>::create(2)).find("c_ubyte") != std::string::npos);
}

TEST_CASE("a described struct stands for a structure of ctypes", "[process]") {
  const auto one = mp::value<point>::create({1.5, 2});
  one.get_obj().n = 3;
  CHECK(one.get().x == 1.5);
  CHECK(one.get().n == 3);
  const auto several = mp::array<point>::create(2);
  CHECK(several.size() == 2);
  CHECK(several.get(1).x == 0);
  CHECK(pickled_for_child(several).find("shapes") != std::string::npos);
  CHECK_THROWS_WITH(
      loads<mp::value<point>>(as_bytes("cmultiprocessing.sharedctypes\nrebuild_ctype\n"
                                       "(cshapes\nCircle\nNNtR.")),
      Catch::Contains("expected shapes.Point"));
}

TEST_CASE("a value of another type is refused", "[process]") {
  CHECK_THROWS_WITH(loads<mp::value<int>>(as_bytes("cmultiprocessing.sharedctypes\nrebuild_ctype\n"
                                                   "(cctypes\nc_double\nNNtR.")),
                    Catch::Contains("expected ctypes.c_int"));
  CHECK_THROWS_WITH(loads<mp::array<int>>(as_bytes("cmultiprocessing.sharedctypes\nrebuild_ctype\n"
                                                   "(cctypes\nc_int\nNNtR.")),
                    Catch::Contains("expected an array"));
  CHECK_THROWS_AS(loads<mp::value<int>>(as_bytes("I1\n.")), conversion_error);
}
