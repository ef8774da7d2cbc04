// SPDX-License-Identifier: BSL-1.0

// Objects that Python made and registered by name; see interop/proxy.

#include "tests/integration/live_server.hpp"

#include <map>
#include <string>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("a registered callable's object is shared", "[named]") {
  const auto m = connect();
  const auto tasks = m.get<queue_proxy<>>("get_tasks");
  CHECK(tasks.get<std::string>() == "from Python");
  tasks.put("from C++");
  const auto results = m.get<dict_proxy<>>("get_results");
  CHECK(results.get<std::vector<int>>("input") == std::vector{1, 2, 3});
  results["output"] = std::map<std::string, std::vector<double>>{{"x", {1.5, 2.5}}};
}

TEST_CASE("methods of a class of Python's own are called by name", "[named]") {
  const auto counter = connect().create("Counter", 5, keyword{"step", 2});
  CHECK(counter.call("increment").get<int>() == 7);
  CHECK(counter.call("increment", keyword{"by", 10}).get<int>() == 17);
  CHECK_THROWS_MATCHES(counter.call("fail"), python_error, says("ZeroDivisionError: no more"));
}

TEST_CASE("a method that answers by proxy gives one", "[named]") {
  const auto m = connect();
  const auto counter = m.create("Counter", 1);
  counter.call("increment");
  const auto objects = m.number_of_objects();
  {
    const auto history = counter.call("history").get<list_proxy<>>();
    CHECK(history.get_value<std::vector<int>>() == std::vector{2});
    CHECK(m.number_of_objects() == objects + 1);
  }
  CHECK(m.number_of_objects() == objects);
}

TEST_CASE("CPython's iterators are reached by proxy", "[named]") {
  const auto d = connect().dict(keyword{"only", 1});
  const auto iterator = d.call("__iter__").get<base_proxy>();
  CHECK(iterator.call("__next__").get<std::string>() == "only");
  CHECK_THROWS_MATCHES(iterator.call("__next__"), python_error, says("StopIteration"));
}
