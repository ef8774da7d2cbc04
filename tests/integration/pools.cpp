// SPDX-License-Identifier: BSL-1.0

// Pools of CPython's managers.

#include "tests/integration/live_server.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono_literals;

namespace {

const std::vector<double> squares{1.0, 4.0, 9.0, 16.0};
const std::vector<double> roots{1.0, 2.0, 3.0, 4.0};

}  // namespace

TEST_CASE("a pool calls functions by their names", "[named][pool]") {
  const auto pool = connect().pool(2);
  CHECK(pool.apply<double>("math.sqrt", 9.0) == 3.0);
  CHECK(pool.apply<std::vector<int>>("builtins.sorted", std::vector{1, 3, 2},
                                     keyword{"reverse", true}) == std::vector{3, 2, 1});
  CHECK(pool.apply<std::string>("builtins:str.upper", "text") == "TEXT");
  pool.apply<void>("builtins.len", "text");
  CHECK(pool.map<double>("math.sqrt", squares) == roots);
  CHECK(pool.map<double>("math.sqrt", squares, 2) == roots);
  CHECK(pool.starmap<int>("operator.sub", std::vector{std::tuple(5, 3), std::tuple(1, 2)}) ==
        std::vector{2, -1});
  CHECK_THROWS_AS(pool.apply("sqrt", 9.0), std::invalid_argument);
  CHECK_THROWS_MATCHES(pool.apply("operator.truediv", 1, 0), python_error,
                       says("ZeroDivisionError: division by zero"));
  pool.terminate();
}

TEST_CASE("calls of a pool may be under way", "[named][pool]") {
  const auto pool = connect().pool(2);
  const auto root = pool.apply_async<double>("math.sqrt", 9.0);
  CHECK(root.get() == 3.0);
  CHECK(root.ready());
  CHECK(root.successful());
  CHECK(root.try_get_for(10s) == 3.0);
  CHECK(pool.map_async<double>("math.sqrt", squares).get() == roots);
  CHECK(pool.starmap_async<double>("math.pow", std::vector{std::tuple(2.0, 3.0)}).get() ==
        std::vector{8.0});
  const auto failed = pool.apply_async<double>("operator.truediv", 1, 0);
  failed.wait();
  CHECK_FALSE(failed.successful());
  CHECK_THROWS_MATCHES(failed.get(), python_error, says("ZeroDivisionError: division by zero"));
  const auto slow = pool.apply_async<value>("time.sleep", 1000);
  CHECK_FALSE(slow.try_get_for(1ms));
  CHECK_FALSE(slow.wait_for(1ms));
  CHECK_THROWS_AS(slow.successful(), python_error);
  pool.terminate();
  pool.join();
}

TEST_CASE("results of a pool are iterated", "[named][pool]") {
  const auto m = connect();
  const auto pool = m.pool(2);
  const auto objects = m.number_of_objects();
  {
    std::vector<double> read;
    for (const double root : pool.imap<double>("math.sqrt", squares))
      read.push_back(root);
    CHECK(read == roots);
    read.clear();
    for (const double root : pool.imap_unordered<double>("math.sqrt", squares, 2))
      read.push_back(root);
    std::ranges::sort(read);
    CHECK(read == roots);
    const auto quotients =
        pool.imap<double>("math.sqrt", std::vector<std::optional<double>>{4.0, {}, 9.0});
    CHECK(quotients.next() == 2.0);
    CHECK_THROWS_AS(quotients.next(), python_error);
    CHECK(quotients.next() == 3.0);
    CHECK_FALSE(quotients.next());
    CHECK(m.number_of_objects() == objects + 1);
  }
  CHECK(m.number_of_objects() == objects);
  pool.close();
  CHECK_THROWS_MATCHES(pool.apply("math.sqrt", 1.0), python_error,
                       says("ValueError: Pool not running"));
  pool.join();
}
