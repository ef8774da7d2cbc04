// SPDX-License-Identifier: BSL-1.0

#include "pickled/server/manager_server.hpp"

#include "frozen/memory_in_use.hpp"
#include "pickled/proxy/dict_proxy.hpp"
#include "pickled/proxy/manager.hpp"
#include "pickled/proxy/queue_proxy.hpp"
#include "pickled/proxy/remote_error.hpp"
#include "pickled/python/python_error.hpp"
#include "tests/server/classes/served_program.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <errno.h>
#include <future>
#include <memory>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

struct unlike_others {};

// Counts, and tells how many calls of it ran at once.
struct counter {
  int count = 0;
  std::atomic<int> inside{0};
  std::atomic<int> most_inside{0};
  std::promise<void> gate;

  explicit counter(int from = 0) : count(from) {}

  int add(int by) {
    most_inside = std::max(most_inside.load(), ++inside);
    std::this_thread::yield();
    count += by;
    --inside;
    return count;
  }
  void meet(int others) {
    ++inside;
    while (inside < others)
      std::this_thread::yield();
  }
  void wait() { gate.get_future().wait(); }
  std::shared_ptr<counter> next() const { return std::make_shared<counter>(count + 1); }
  std::shared_ptr<counter> none() const { return nullptr; }
  void throw_it(const std::string& what) {
    if (what == "index") throw std::out_of_range("far");
    if (what == "value") throw std::invalid_argument("odd");
    if (what == "os") throw std::system_error(ENOENT, std::generic_category(), "open");
    if (what == "own") throw unlike_others();
    throw 42;
  }
};

type_registry counters() {
  type_registry types;
  types.add<counter>("Counter1")
      .constructor<int>(arg("from_", 0))
      .method("add", &counter::add, arg("by", 1))
      .method("add_briefly", &counter::add, arg("by", 1), brief)
      .method("meet", &counter::meet, concurrent)
      .method("wait", &counter::wait)
      .method("next", &counter::next)
      .method("none", &counter::none)
      .method("throw_it", &counter::throw_it)
      .method("same_as", [](const counter& self,
                            std::shared_ptr<counter> other) { return other.get() == &self; })
      .property("count", &counter::count);
  return types;
}

struct fixture : served_program {
  fixture() : served_program(counters()) {}
};

}  // namespace

TEST_CASE_METHOD(fixture, "methods of a program's class are called by proxies", "[server]") {
  const auto made = clients().create("Counter1", 5);
  CHECK(made.call("add", 2).get<int>() == 7);
  CHECK(made.call("add", keyword{"by", 3}).get<int>() == 10);
  CHECK(made.call("add").get<int>() == 11);
  made.call("set_count", 1);
  CHECK(made.call("get_count").get<int>() == 1);
  CHECK(clients().create("Counter1", keyword{"from_", 4}).call("get_count").get<int>() == 4);
}

TEST_CASE_METHOD(fixture, "what a method throws is an exception of its caller", "[server]") {
  const auto made = clients().create("Counter1");
  const auto thrown = [&](const char* what) {
    return error_of([&] { made.call("throw_it", what); });
  };
  CHECK(thrown("index") == "IndexError: far");
  CHECK(thrown("value") == "ValueError: odd");
  CHECK(thrown("os") == "OSError: [Errno 2] open: No such file or directory");
  CHECK(thrown("own") == "RuntimeError: a C++ exception that is no std::exception");
  CHECK(thrown("int") == "RuntimeError: a C++ exception that is no std::exception");
  CHECK(made.call("add").get<int>() == 1);
}

TEST_CASE("an exception of a registered class is told as such", "[server]") {
  type_registry types = counters();
  types.exception<unlike_others>("queue.Empty");
  const served_program served(std::move(types));
  const auto made = served.clients().create("Counter1");
  CHECK(error_of([&] { made.call("throw_it", "own"); }) == "queue.Empty");
}

TEST_CASE_METHOD(fixture, "calls that do not fit are TypeErrors", "[server]") {
  const auto made = clients().create("Counter1");
  CHECK(error_of([&] { made.call("add", 1, 2); }) ==
        "TypeError: Counter1.add() takes from 1 to 2 positional arguments but 3 were given");
  CHECK(error_of([&] { made.call("meet"); }) ==
        "TypeError: Counter1.meet() missing 1 required positional argument: 'arg0'");
  CHECK(error_of([&] {
          made.call("add", 1, keyword{"by", 2});
        }) == "TypeError: Counter1.add() got multiple values for argument 'by'");
  CHECK(error_of([&] {
          made.call("add", keyword{"by", 1}, keyword{"by", 2});
        }) == "TypeError: got multiple values for keyword argument 'by'");
  CHECK(error_of([&] { made.call("add", "x"); }) ==
        "TypeError: Counter1.add() argument 'by': expected int, got str");
  CHECK_THAT(error_of([&] { clients().create("Counter1", "x"); }),
             Catch::Contains("TypeError: Counter1.__init__() argument 'from_': expected int, got "
                             "str"));
}

TEST_CASE_METHOD(fixture, "an object has one call at a time", "[server]") {
  const auto object = std::make_shared<counter>();
  (**this).publish("shared", object);
  std::vector<std::thread> callers;
  for (int i = 0; i != 4; ++i)
    callers.emplace_back([&] {
      const auto proxy = other_client().get("shared");
      for (int j = 0; j != 50; ++j)
        proxy.call(j % 2 == 0 ? "add" : "add_briefly");
    });
  for (std::thread& each : callers)
    each.join();
  CHECK(object->count == 200);
  CHECK(object->most_inside == 1);
}

TEST_CASE_METHOD(fixture, "concurrent methods run beside each other", "[server]") {
  const auto made = clients().create("Counter1");
  std::thread other([&] { made.call("meet", 2); });
  made.call("meet", 2);
  other.join();
}

TEST_CASE_METHOD(fixture, "nobody else waits for a method that blocks", "[server]") {
  const auto object = std::make_shared<counter>();
  (**this).publish("shared", object);
  std::vector<std::thread> callers;
  for (int i = 0; i != 20; ++i)
    callers.emplace_back([&, i] {
      clients().get("shared").call(i == 0 ? "wait" : i % 2 == 0 ? "add" : "add_briefly");
    });
  CHECK(clients().create("Counter1", 3).call("add").get<int>() == 4);
  CHECK(clients().dict().size() == 0);
  CHECK_FALSE(clients().debug_info().empty());
  object->gate.set_value();
  for (std::thread& each : callers)
    each.join();
}

TEST_CASE_METHOD(fixture, "objects are published by name while it runs", "[server]") {
  const auto object = std::make_shared<counter>(3);
  (**this).publish("counter", object);
  const auto proxy = clients().get("counter");
  CHECK(proxy.call("add").get<int>() == 4);
  CHECK(object->count == 4);
  CHECK(clients().get("counter") == proxy);
  CHECK_THROWS_WITH((**this).publish("counter", object), "the name 'counter' is taken");
  CHECK_THROWS_WITH((**this).publish("Counter1", object), "the name 'Counter1' is taken");
  CHECK_THROWS_AS((**this).publish("nothing", std::shared_ptr<counter>()), std::invalid_argument);
  CHECK_THROWS_AS((**this).publish("unknown", std::make_shared<int>(1)), std::invalid_argument);
}

TEST_CASE_METHOD(fixture, "objects of SyncManager's types are published", "[server]") {
  (**this).publish("jobs", "Queue");
  clients().get<queue_proxy<>>("jobs").put(5);
  CHECK(other_client().get<queue_proxy<int>>("jobs").get() == 5);
  CHECK_THROWS_WITH((**this).publish("more", "Queues"),
                    "no typeid 'Queues' of which objects are made");
}

TEST_CASE_METHOD(fixture, "methods hand out objects and take them", "[server]") {
  const auto first = clients().create("Counter1", 3);
  const auto second = first.call("next").get<base_proxy>();
  CHECK(second.call("get_count").get<int>() == 4);
  CHECK(first.call("none").is_none());
  CHECK(first.call("same_as", first).get<bool>());
  CHECK_FALSE(first.call("same_as", second).get<bool>());
  CHECK(error_of([&] { first.call("same_as", clients().dict()); }) ==
        "TypeError: Counter1.same_as() argument 'arg0': expected a proxy of an object of its class "
        "here, got DictProxy");
}

TEST_CASE("a method that ends its thread fails its call, and no other", "[server]") {
  struct ends_threads {
    void exit() { ::pthread_exit(nullptr); }
    void cancel() {
      ::pthread_cancel(::pthread_self());
      ::pthread_testcancel();
    }
  };
  type_registry types = counters();
  types.add<ends_threads>("Ends")
      .constructor<>()
      .method("exit", &ends_threads::exit)
      .method("cancel", &ends_threads::cancel)
      .method("cancel_briefly", &ends_threads::cancel, brief);
  const served_program served(std::move(types));
  const auto ends = served.clients().create("Ends");
  const auto counts = served.clients().create("Counter1");
  // More often than there are threads.
  for (int i = 1; i != 21; ++i) {
    CHECK(error_of([&] { ends.call(i % 2 == 0 ? "exit" : "cancel"); }) ==
          "RuntimeError: what was called has ended its thread");
    CHECK(counts.call("add").get<int>() == i);
  }
  // It is the thread that reads requests; where the call before is not quite over, one of the
  // others.
  try {
    ends.call("cancel_briefly");
  } catch (const python_error& error) {
    CHECK(std::string(error.what()) == "RuntimeError: what was called has ended its thread");
  }
  CHECK(counts.call("add").get<int>() == 21);
}

TEST_CASE("what objects hold counts as the server's memory", "[server]") {
  struct album {
    std::string pictures;
    void set(std::size_t size) { pictures.assign(size, 'x'); }
    void set_and_fail(std::size_t size) {
      set(size);
      throw std::runtime_error("set");
    }
  };
  constexpr std::size_t large = 10'000'000;
  const auto total = detail::memory_in_use::total;
  type_registry types;
  types.add<album>("Album")
      .constructor<>()
      .method("set", &album::set, arg("size"))
      .method("set_and_fail", &album::set_and_fail, arg("size"))
      .weight([](const album& a) { return a.pictures.size(); });
  served_program served(std::move(types), {.max_memory = total() + large});
  const auto held = [&, before = total()] { return total() < before ? 0 : total() - before; };
  const auto shared = std::make_shared<album>();
  shared->set(large / 2);
  (*served).publish("one", shared);
  CHECK(held() >= large / 2);
  // The same object counts once.
  (*served).publish("other", shared);
  CHECK(held() < large);
  const auto other = served.clients().get<base_proxy>("other");
  CHECK_NOTHROW(served.clients().create("Album"));
  other.call("set", large);
  CHECK(held() >= large);
  CHECK(error_of([&] { served.clients().create("Album"); }).find("MemoryError") !=
        std::string::npos);
  CHECK_THROWS(other.call("set_and_fail", 0));
  CHECK(held() < large / 2);
  CHECK_NOTHROW(served.clients().create("Album"));
}

TEST_CASE("methods take and return proxies of what the server hosts", "[server]") {
  struct clerk {
    queue_proxy<int> kept;

    void feed(const queue_proxy<int>& q) { q.put(7); }
    void keep(queue_proxy<int> q) { kept = std::move(q); }
    void feed_kept() { feed(kept); }
    queue_proxy<int> give_kept() const { return kept; }
    int add(const dict_proxy<std::string, int>& d) { return d.get("a") + d.get("b"); }
    std::vector<base_proxy> all(std::vector<base_proxy> of) { return of; }
  };
  type_registry types;
  types.add<clerk>("Clerk")
      .constructor<>()
      .method("feed", &clerk::feed, arg("q"))
      .method("feed_briefly", &clerk::feed, arg("q"), brief)
      .method("keep", &clerk::keep)
      .method("feed_kept", &clerk::feed_kept)
      .method("give_kept", &clerk::give_kept)
      .method("add", &clerk::add, arg("d"))
      .method("all", &clerk::all);
  const served_program served(std::move(types));
  const auto made = served.clients().create("Clerk");
  auto q = served.clients().queue<int>();
  made.call("feed", q);
  CHECK(q.get() == 7);
  made.call("feed_briefly", keyword{"q", q});
  CHECK(q.get() == 7);

  const dict_proxy<std::string, int> d = served.clients().dict<std::string, int>();
  d.set("a", 1);
  d.set("b", 2);
  CHECK(made.call("add", d).get<int>() == 3);
  CHECK(error_of([&] { made.call("add", q); }) ==
        "TypeError: Clerk.add() argument 'd': expected an object with the method setdefault, got "
        "one of the type Queue");

  // It is kept by the program alone.
  made.call("keep", q);
  const std::string ident = q.ident();
  q = {};
  made.call("feed_kept");
  CHECK(error_of([&] { made.call("all", std::vector<base_proxy>{d, made}); }) == "no error");
  const auto given = made.call("give_kept").get<queue_proxy<int>>();
  CHECK(given.ident() == ident);
  CHECK(given.get() == 7);
  const auto all =
      made.call("all", std::vector<base_proxy>{d, made}).get<std::vector<base_proxy>>();
  CHECK(all == std::vector<base_proxy>{d, made});
}

TEST_CASE("functions and singletons are registered beside classes", "[server]") {
  type_registry types = counters();
  const auto object = std::make_shared<counter>(3);
  types
      .function(
          "sum", [](int a, int b) { return std::vector{a + b}; }, arg("a"), arg("b", 1))
      .function("begin", [](int from) { return std::make_shared<counter>(from); })
      .singleton("the_counter", object);
  const served_program served(std::move(types));
  const auto sum = served.clients().create("sum", 1, keyword{"b", 2});
  CHECK(sum.get_value<std::vector<int>>() == std::vector{3});
  CHECK(sum.repr() == "[3]");
  CHECK(served.clients().create("begin", 8).call("add").get<int>() == 9);
  served.clients().get("the_counter").call("add");
  CHECK(object->count == 4);
}

TEST_CASE("a registry refuses what Python could not call", "[server]") {
  type_registry types;
  auto counters = types.add<counter>("Counter1");
  CHECK_THROWS_WITH(types.add<counter>("Other"), "Other: this class is there as Counter1");
  CHECK_THROWS_WITH(types.add<int>("no name"), "'no name' is no name of Python's");
  counters.method("add", &counter::add, arg("by"));
  CHECK_THROWS_WITH(counters.method("add", &counter::add), "Counter1 has a method add");
  CHECK_THROWS_WITH(counters.method("plus", &counter::add, arg("by"), arg("and")),
                    "Counter1.plus: it has 1 parameter, and 2 are named");
  CHECK_THROWS_WITH(counters.method("plus", &counter::add, arg("lambda")),
                    "Counter1.plus: 'lambda' is a keyword of Python's, and no name of a parameter");
  CHECK_THROWS_WITH(counters.method("plus", &counter::add, arg("b y")),
                    "Counter1.plus: 'b y' is no name of a parameter");
  CHECK_THROWS_WITH(counters.method("plus", &counter::add, arg("self")),
                    "Counter1.plus: two parameters are named 'self'");
  CHECK_THROWS_WITH(counters.method("class", &counter::add),
                    "'class' is a keyword of Python's, and no name");
  CHECK_THROWS_WITH(types.function(
                        "sum", [](int a, int b) { return a + b; }, arg("a"), arg("a")),
                    "sum: two parameters are named 'a'");
  CHECK_THROWS_WITH(types.function(
                        "same", [](int a) { return a; }, arg("self")),
                    "same: two parameters are named 'self'");
  CHECK_THROWS_WITH(types.exception<unlike_others>("bank.None"),
                    "'None' is a keyword of Python's, and no name");
  counters.constructor<int>();
  CHECK_THROWS_WITH(counters.constructor<int>(), "Counter1 has a constructor");
  CHECK_THROWS_WITH(manager_server({.authkey = ""}, type_registry()), "the authkey is empty");
  types.function("dict", [] { return 1; });
  CHECK_THROWS_WITH(manager_server({.authkey = "k"}, std::move(types)),
                    "the typeid 'dict' is taken");
}
