// SPDX-License-Identifier: BSL-1.0

#include "tests/integration/live_server.hpp"

#include <map>
#include <string>
#include <variant>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

TEST_CASE("a proxy inside a container is the object itself", "[nested]") {
  const auto m = connect();
  set_authkey(environment("PICKLED_AUTHKEY"));
  const auto outer = m.list();
  const auto inner = m.dict();
  outer.push_back(inner);
  const auto again = outer.get<dict_proxy<>>(0);
  again["k"] = 5;
  CHECK(inner.get<int>("k") == 5);
  CHECK(again == inner);
}

TEST_CASE("proxies of every type travel inside values", "[nested]") {
  const auto m = connect();
  const auto box = m.dict();
  box["list"] = m.list(std::vector{1});
  box["lock"] = m.lock();
  box["event"] = m.event();
  box["space"] = m.make_namespace(keyword{"x", 1});
  box["value"] = m.make_value("i", 5);
  CHECK(box.get<list_proxy<>>("list").get<int>(0) == 1);
  CHECK(box.get<lock_proxy>("lock").try_lock());
  CHECK_FALSE(box.get<lock_proxy>("lock").try_lock());
  box.get<event_proxy>("event").set();
  CHECK(box.get<event_proxy>("event").is_set());
  CHECK(box.get<namespace_proxy>("space").get<int>("x") == 1);
  CHECK(box.get<value_proxy<>>("value").get<int>() == 5);
}

TEST_CASE("a queue travels inside a value", "[nested][autoproxy]") {
  const auto m = connect();
  const auto box = m.dict();
  box["queue"] = m.queue();
  box.get<queue_proxy<>>("queue").put(7);
  CHECK(box.get<queue_proxy<>>("queue").get<int>() == 7);
}

TEST_CASE("a proxy of another type is refused by name", "[nested]") {
  const auto m = connect();
  const auto outer = m.list();
  outer.push_back(m.dict());
  CHECK_THROWS_MATCHES(outer.get<list_proxy<>>(0), conversion_error,
                       says("list[0]: expected ListProxy, got DictProxy"));
  CHECK_THROWS_MATCHES(outer.get<int>(0), conversion_error,
                       Catch::Predicate<conversion_error>(
                           [](const conversion_error& e) { return e.expected() == "int"; }));
}

TEST_CASE("items of items are reached by a chain", "[nested]") {
  const auto m = connect();
  const auto shared = m.dict();
  shared["inner"] = m.dict(keyword{"l", m.list(std::vector{1, 2})});
  CHECK(shared["inner"]["l"][1].get<int>() == 2);
  shared["inner"]["l"][1] = 5;
  CHECK(shared["inner"]["l"][1].get<int>() == 5);
  shared["inner"]["l"][0] = shared["inner"]["l"][1];
  CHECK(shared["inner"]["l"].get<list_proxy<int>>().get_value<std::vector<int>>() ==
        std::vector{5, 5});
  CHECK_THROWS_MATCHES(shared["inner"]["l"][2].get<int>(), python_error,
                       says("IndexError: list index out of range"));
}

TEST_CASE("items of a copy are read by a chain, but not changed", "[nested]") {
  const auto d = connect().dict();
  d["rows"] = std::vector{std::map<int, std::string>{{7, "seven"}}};
  CHECK(d["rows"][-1][7].get<std::string>() == "seven");
  CHECK_THROWS_AS(d["rows"][0][8].get<value>(), access_error);
  CHECK_THROWS_AS(d["rows"][1].get<value>(), access_error);
  CHECK_THROWS_MATCHES(d["rows"][0] = 5, conversion_error,
                       says("$: expected a proxy of what is to be changed, got list"));
}
