// SPDX-License-Identifier: BSL-1.0

#include "server/objects/cycle_collector.hpp"

#include "server/objects/referent.hpp"
#include "server/registry.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono_literals;

namespace {

using mention = std::shared_ptr<const proxy_reference>;

// Mentions other objects as a container of proxies does.
class node : public hosted {
 public:
  explicit node(int* alive) : alive_(alive) { ++*alive_; }
  ~node() override { --*alive_; }
  std::span<const method_entry> methods() const noexcept override { return {}; }
  std::string repr(std::size_t) const override { return "node"; }
  void write_value(splicer&) const override {}
  void for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const override {
    for (const mention& m : inside)
      visit(*m);
  }

  std::vector<mention> inside;

 private:
  int* alive_;
};

const registered_type node_type{"node", {}, "AutoProxy", {}, {}};

struct garden {
  explicit garden(std::chrono::milliseconds grace = 0ms) : table({grace}), cycles(table, grace) {}
  // A ring that still lives would outlive the table.
  ~garden() {
    for (const std::weak_ptr<node>& weak : made)
      if (const auto object = weak.lock()) std::exchange(object->inside, {}).clear();
  }

  std::string make() {
    const auto object = std::make_shared<node>(&alive);
    made.push_back(object);
    return table.create(node_type, object)->ident;
  }
  node& at(const std::string& ident) { return static_cast<node&>(*table.find(ident)->object); }
  mention proxy_of(const std::string& ident) {
    return std::make_shared<proxy_reference>(
        proxy_reference{table.find(ident), "node", ident, "AutoProxy", std::nullopt});
  }
  void link(const std::string& from, const std::string& to) {
    at(from).inside.push_back(proxy_of(to));
  }
  // A ring of this many, of which none is counted.
  std::string ring(int size) {
    const std::string first = make();
    std::string last = first;
    for (int i = 1; i < size; ++i) {
      const std::string next = make();
      link(last, next);
      if (last != first) table.decref(last);
      last = next;
    }
    link(last, first);
    if (last != first) table.decref(last);
    table.decref(first);
    return first;
  }
  void collect(std::chrono::milliseconds later = 0ms) {
    // Far enough for it not to be too early to look again.
    clock += 1h;
    cycles.run(clock + later);
  }

  int alive = 0;
  std::vector<std::weak_ptr<node>> made;
  object_table table;
  cycle_collector cycles;
  std::chrono::steady_clock::time_point clock = std::chrono::steady_clock::now();
};

}  // namespace

TEST_CASE_METHOD(garden, "objects that only mention each other go", "[server]") {
  for (const int size : {1, 2, 100'000}) {
    const std::string first = ring(size);
    CHECK(alive == size);
    collect();
    CHECK(alive == 0);
    CHECK_FALSE(table.knows(first));
  }
}

TEST_CASE_METHOD(garden, "what hangs on a ring goes with it", "[server]") {
  const std::string tail = make();
  const std::string first = make();
  link(first, first);
  link(first, tail);
  table.decref(tail);
  table.decref(first);
  collect();
  CHECK(alive == 0);
}

TEST_CASE_METHOD(garden, "a ring that a counted object mentions stays", "[server]") {
  const std::string counted = make();
  link(counted, ring(3));
  collect();
  CHECK(alive == 4);
  at(counted).inside.clear();
  collect();
  CHECK(alive == 1);
}

TEST_CASE_METHOD(garden, "a ring with a counted object in it stays", "[server]") {
  const std::string first = make();
  link(first, first);
  collect();
  CHECK(alive == 1);
}

TEST_CASE_METHOD(garden, "a ring that somebody uses stays", "[server]") {
  const std::string first = ring(3);
  {
    const auto running_call = table.find(first);
    collect();
    CHECK(alive == 3);
  }
  collect();
  CHECK(alive == 0);
}

TEST_CASE_METHOD(garden, "a value in a dead ring may be in a living object too", "[server]") {
  const std::string counted = make();
  const std::string shared = make();
  const std::string first = make();
  const mention one = proxy_of(shared);
  at(first).inside = {proxy_of(first), one};
  at(counted).inside = {one};
  table.decref(shared);
  table.decref(first);
  collect();
  CHECK(alive == 2);
  CHECK(table.knows(shared));
}

TEST_CASE("a dead ring goes after the grace period", "[server]") {
  garden g(10s);
  const std::string first = g.ring(2);
  g.collect();
  CHECK(g.alive == 2);

  SECTION("and not before") {
    g.clock -= 1h;
    g.collect(9s);
    CHECK(g.alive == 2);
    g.clock -= 1h;
    g.collect(11s);
    CHECK(g.alive == 0);
  }
  SECTION("which begins anew when it is looked up") {
    CHECK(g.table.find(first) != nullptr);
    g.collect();
    CHECK(g.alive == 2);
    g.collect();
    CHECK(g.alive == 0);
  }
  SECTION("unless it is counted again") {
    CHECK(g.table.incref(first));
    g.collect();
    g.collect();
    CHECK(g.alive == 2);
  }
}

TEST_CASE("what a resting object mentions stays as long as that", "[server]") {
  garden g(10s);
  const std::string resting = g.make();
  const std::string first = g.ring(2);
  g.link(resting, first);
  g.table.decref(resting);
  g.collect();
  g.collect();
  CHECK(g.alive == 3);
  CHECK(g.table.find(resting) != nullptr);
  g.collect();
  CHECK(g.alive == 3);
  g.table.dispose_rested(std::chrono::steady_clock::now() + 11s);
  CHECK(g.alive == 2);
  g.collect();
  g.collect();
  CHECK(g.alive == 0);
}
