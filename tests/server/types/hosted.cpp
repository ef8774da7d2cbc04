// SPDX-License-Identifier: BSL-1.0

#include "server/types/hosted.hpp"

#include "frozen/memory_in_use.hpp"
#include "server/registry.hpp"
#include "tests/server/types/container.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using pickled::detail::testing::ask;
using pickled::detail::testing::proxy_of;

namespace {

std::shared_ptr<hosted> make(std::string_view type_id, std::vector<frozen> given = {}) {
  static const registry types = sync_manager_registry();
  arguments args(std::move(given));
  return types.find(type_id)->create(args);
}

frozen items(int count) {
  splicer out;
  out.begin_list();
  for (int i = 0; i < count; ++i)
    out.begin_tuple().integer(i).end_tuple();
  return std::move(out.end_list()).freeze();
}

// While it lives, the first item of a list is written all the time.
class writer {
 public:
  explicit writer(std::shared_ptr<hosted> list)
      : thread_([this, list = std::move(list)] {
          while (!stop_)
            ask(list, "__setitem__", frozen::integer(0), items(1));
        }) {}
  ~writer() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("an object counts as memory, though it holds nothing", "[server]") {
  const std::size_t before = memory_in_use::total();
  {
    const auto lock = make("Lock");
    CHECK(memory_in_use::total() > before);
  }
  CHECK(memory_in_use::total() == before);
}

TEST_CASE("what an iterator has copied counts as memory", "[server]") {
  const auto list = make("Counter", {items(1000)});
  const std::size_t before = memory_in_use::total();
  const auto copy = make("deque", {proxy_of(list, "AutoProxy")});
  CHECK(memory_in_use::total() >= before + 1000 * sizeof(frozen));
}

TEST_CASE("a search beside a writer ends", "[server]") {
  const auto list = make("list", {items(3000)});
  const writer other(list);
  splicer last;
  last.begin_tuple().integer(2999).end_tuple();
  CHECK(ask(list, "remove", std::move(last).freeze()).is_none());
  CHECK(ask(list, "__len__").as_integer() == 2999);
}

TEST_CASE("a method says what it needs", "[server]") {
  const auto what = [](std::string_view type_id, std::string_view name) {
    const auto object = make(type_id);
    for (const method_entry& method : object->methods())
      if (method.name == name) return method.what;
    return needs::no_steps;
  };
  CHECK(what("list", "append") == needs::memory);
  CHECK(what("Lock", "acquire") == needs::waiting);
  CHECK(what("dict", "update") == (needs::memory | needs::arguments));
  CHECK(has(what("list", "sort"), needs::whole));
}
