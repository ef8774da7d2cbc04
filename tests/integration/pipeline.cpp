// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/pipeline.hpp"

#include "tests/integration/live_server.hpp"

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("calls of a pipeline are made in their order", "[pipeline]") {
  const auto m = connect();
  const auto d = m.dict();
  const auto l = m.list();
  pipeline p(m);
  p.set(d, "k", 1);
  const auto first = p.get<int>(d, "k");
  p.set(d, "k", 2);
  const auto second = p.get<int>(d, "k");
  p.push_back(l, "x");
  const auto size = p.call<int>(l, "__len__");
  CHECK(p.size() == 6);
  CHECK_THROWS_AS(first.result(), std::logic_error);
  p.run();
  CHECK(p.size() == 0);
  CHECK(first.result() == 1);
  CHECK(second.result() == 2);
  CHECK(size.result() == 1);
}

TEST_CASE("a call of a pipeline that fails leaves the others alone", "[pipeline]") {
  const auto m = connect();
  const auto d = m.dict();
  pipeline p(m);
  const auto missing = p.get<int>(d, "k");
  const auto unknown = p.call<void>(d, "no_such_method");
  p.set(d, "k", "text");
  const auto there = p.get<std::string>(d, "k");
  const auto unfit = p.get<int>(d, "k");
  p.run();
  CHECK_THROWS_MATCHES(missing.result(), python_error, says("KeyError: 'k'"));
  CHECK_THROWS_AS(unknown.result(), std::runtime_error);
  CHECK(there.result() == "text");
  CHECK_THROWS_MATCHES(unfit.result(), conversion_error,
                       says("dict.__getitem__: expected int, got str"));
}

TEST_CASE("a call of a pipeline that blocks holds up those behind it", "[pipeline]") {
  const auto m = connect();
  const auto q = m.queue();
  const auto d = m.dict(keyword{"k", "v"});
  pipeline p(m);
  const auto item = p.call<int>(q, "get");
  const auto behind = p.get<std::string>(d, "k");
  std::thread putting([&] { q.put(5); });
  p.run();
  putting.join();
  CHECK(item.result() == 5);
  CHECK(behind.result() == "v");
}

TEST_CASE("a pipeline takes more than both sockets hold", "[pipeline]") {
  const auto m = connect();
  const auto l = m.list();
  const std::string item(1 << 20, 'x');
  pipeline p(m);
  std::vector<pipelined<std::string>> items;
  for (int i = 0; i != 16; ++i) {
    p.push_back(l, item);
    items.push_back(p.get<std::string>(l, i));
  }
  p.run();
  for (const auto& each : items)
    CHECK(each.result() == item);
}

TEST_CASE("a pipeline takes objects of its server alone", "[pipeline]") {
  const auto m = connect();
  call_options options;
  options.max_message = 1 << 20;
  const auto other =
      manager::connect(environment("PICKLED_SERVER"), environment("PICKLED_AUTHKEY"), options);
  pipeline p(m);
  CHECK_THROWS_AS(p.get(other.dict(), "k"), std::invalid_argument);
}
