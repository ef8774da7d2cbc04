// SPDX-License-Identifier: BSL-1.0

// The last share of an object goes in a destructor, where nothing can be told: it rests, and comes
// back, whether there is memory or not.

#include "server/objects/object_table.hpp"
#include "server/registry.hpp"
#include "tests/server/allocation/failing_allocator.hpp"
#include "tests/server/support.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using namespace std::chrono_literals;

TEST_CASE("objects rest and go without memory", "[server]") {
  const registry types = cell_registry();
  const registered_type& type = *types.find("cell");
  for (const auto time : {0ms, 10000ms}) {
    object_table table(object_table::grace{time});
    std::vector<std::string> idents;
    for (int i = 0; i != 100; ++i)
      idents.push_back(table.create(type, std::make_shared<cell>())->ident);
    failing_allocations failing(shortage::lasting, 0);
    failing.begin();
    bool known = true;
    for (const std::string& ident : idents)
      known = table.decref(ident).known && known;
    failing.stop();
    CHECK(known);
    CHECK(table.alive() == (time == 0ms ? 0 : 100));
    if (time == 0ms) continue;
    // One that is found again rests again.
    CHECK(table.find(idents.front()) != nullptr);
    CHECK(table.incref(idents.front()));
    table.decref(idents.front());
    failing.begin();
    table.dispose_rested(std::chrono::steady_clock::now());
    table.dispose_rested(std::chrono::steady_clock::now() + 2 * time);
    failing.stop();
    CHECK(table.alive() == 0);
  }
}

TEST_CASE("finding an object that rests fails for want of memory, and leaves it", "[server]") {
  const registry types = cell_registry();
  object_table table(object_table::grace{10000ms});
  const std::string ident = table.create(*types.find("cell"), std::make_shared<cell>())->ident;
  table.decref(ident);
  failing_allocations failing(shortage::lasting, 0);
  failing.begin();
  bool thrown = false;
  try {
    table.incref(ident);
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  failing.stop();
  CHECK(thrown);
  CHECK(table.number_of_objects() == 0);
  CHECK(table.incref(ident));
  CHECK(table.number_of_objects() == 1);
}
