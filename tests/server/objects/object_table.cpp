// SPDX-License-Identifier: BSL-1.0

#include "server/objects/object_table.hpp"

#include "server/registry.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

using pickled::detail::hosted;
using pickled::detail::object_table;
using pickled::detail::referent;

namespace {

// Mentions other objects as a container of proxies does.
class box : public hosted {
 public:
  explicit box(int* alive) : alive_(alive) { ++*alive_; }
  ~box() override { --*alive_; }
  std::span<const pickled::detail::method_entry> methods() const noexcept override { return {}; }
  std::string repr(std::size_t) const override { return "box"; }
  void write_value(pickled::splicer&) const override {}

  std::vector<std::shared_ptr<referent>> inside;

 private:
  int* alive_;
};

const pickled::detail::registered_type box_type{"box", {}, "AutoProxy", {}, {}};

struct fixture {
  int alive = 0;
  object_table table;

  std::string make() { return table.create(box_type, std::make_shared<box>(&alive))->ident; }
  box& at(const std::string& ident) { return static_cast<box&>(*table.find(ident)->object); }
};

}  // namespace

TEST_CASE_METHOD(fixture, "an object lives while its count is one or more", "[server]") {
  const std::string ident = make();
  CHECK(table.incref(ident));
  CHECK(table.number_of_objects() == 1);
  CHECK(table.decref(ident).known);
  CHECK(alive == 1);
  CHECK(table.decref(ident).known);
  CHECK(alive == 0);
  CHECK(table.number_of_objects() == 0);
  CHECK(table.find(ident) == nullptr);
  CHECK_FALSE(table.incref(ident));
  CHECK_FALSE(table.decref(ident).known);
}

TEST_CASE_METHOD(fixture, "idents are sixteen hex digits and differ", "[server]") {
  std::set<std::string> idents;
  for (int i = 0; i != 1000; ++i)
    idents.insert(make());
  CHECK(idents.size() == 1000);
  for (const std::string& ident : idents) {
    CHECK(ident.size() == 16);
    CHECK(ident.find_first_not_of("0123456789abcdef") == std::string::npos);
  }
}

TEST_CASE_METHOD(fixture, "the last reference is handed out before the object goes", "[server]") {
  const std::string ident = make();
  object_table::released released = table.decref(ident);
  CHECK(released.known);
  REQUIRE(released.object != nullptr);
  CHECK(table.number_of_objects() == 0);
  CHECK(alive == 1);
  released.object.reset();
  CHECK(alive == 0);
}

TEST_CASE_METHOD(fixture, "an object that a value mentions outlives its count", "[server]") {
  const std::string outer = make();
  const std::string inner = make();
  at(outer).inside.push_back(table.find(inner));
  CHECK(table.decref(inner).known);
  CHECK(table.number_of_objects() == 1);
  CHECK(table.find(inner) != nullptr);

  SECTION("a decref of what is not counted is ignored") {
    CHECK(table.decref(inner).known);
    CHECK(table.find(inner) != nullptr);
  }
  SECTION("an incref counts it again") {
    CHECK(table.incref(inner));
    CHECK(table.number_of_objects() == 2);
    at(outer).inside.clear();
    CHECK(alive == 2);
    CHECK(table.decref(inner).known);
    CHECK(alive == 1);
  }
  SECTION("it goes with the value") {
    at(outer).inside.clear();
    CHECK(alive == 1);
    CHECK(table.find(inner) == nullptr);
    CHECK_FALSE(table.incref(inner));
  }
}

TEST_CASE_METHOD(fixture, "two hundred thousand nested objects go without recursion", "[server]") {
  const std::string first = make();
  std::string last = first;
  for (int i = 1; i != 200'000; ++i) {
    const std::string next = make();
    at(last).inside.push_back(table.find(next));
    table.decref(next);
    last = next;
  }
  CHECK(alive == 200'000);
  table.decref(first);
  CHECK(alive == 0);
}

TEST_CASE_METHOD(fixture, "counted objects are listed by ident", "[server]") {
  std::set<std::string> idents;
  for (int i = 0; i != 5; ++i)
    idents.insert(make());
  table.incref(*idents.begin());
  std::vector<std::pair<std::string, std::size_t>> listed;
  for (const auto& [object, count] : table.counted_objects())
    listed.emplace_back(object->ident, count);
  REQUIRE(listed.size() == 5);
  CHECK(listed[0].second == 2);
  CHECK(listed[1].second == 1);
  std::size_t i = 0;
  for (const std::string& ident : idents)
    CHECK(listed[i++].first == ident);
}

TEST_CASE("an object rests for the grace period before it goes", "[server]") {
  using namespace std::chrono_literals;
  int alive = 0;
  object_table table({10s});
  const std::string ident = table.create(box_type, std::make_shared<box>(&alive))->ident;
  table.decref(ident);
  const auto now = std::chrono::steady_clock::now();
  CHECK(table.number_of_objects() == 0);
  CHECK(alive == 1);

  SECTION("it goes when its time is over") {
    table.dispose_rested(now + 9s);
    CHECK(alive == 1);
    table.dispose_rested(now + 11s);
    CHECK(alive == 0);
    CHECK(table.find(ident) == nullptr);
    CHECK_FALSE(table.decref(ident).known);
  }
  SECTION("an incref revives it") {
    CHECK(table.incref(ident));
    CHECK(table.number_of_objects() == 1);
    table.dispose_rested(now + 11s);
    CHECK(alive == 1);
    table.decref(ident);
    CHECK(alive == 1);
    table.dispose_rested(now + 11s);
    CHECK(alive == 0);
  }
  SECTION("who finds it lets it rest anew") {
    CHECK(table.find(ident) != nullptr);
    table.dispose_rested(now + 9s);
    CHECK(alive == 1);
  }
  SECTION("a decref is ignored") {
    CHECK(table.decref(ident).known);
  }
}

TEST_CASE("resting objects are bounded in bytes, oldest first", "[server]") {
  using namespace std::chrono_literals;
  int alive = 0;
  object_table table({10s, 8192});
  std::vector<std::string> idents;
  for (int i = 0; i != 100; ++i)
    idents.push_back(table.create(box_type, std::make_shared<box>(&alive))->ident);
  for (const std::string& ident : idents)
    table.decref(ident);
  CHECK(alive == 16);
  CHECK(table.find(idents.front()) == nullptr);
  CHECK(table.find(idents.back()) != nullptr);
}

TEST_CASE("what an object that rested mentions goes with it", "[server]") {
  using namespace std::chrono_literals;
  int alive = 0;
  object_table table({10s});
  const std::string outer = table.create(box_type, std::make_shared<box>(&alive))->ident;
  const std::string inner = table.create(box_type, std::make_shared<box>(&alive))->ident;
  static_cast<box&>(*table.find(outer)->object).inside.push_back(table.find(inner));
  table.decref(inner);
  table.decref(outer);
  table.dispose_rested(std::chrono::steady_clock::now() + 11s);
  CHECK(alive == 0);
}

TEST_CASE("objects go with their table", "[server]") {
  int alive = 0;
  {
    object_table table({std::chrono::seconds(10)});
    table.create(box_type, std::make_shared<box>(&alive));
    table.decref(table.create(box_type, std::make_shared<box>(&alive))->ident);
  }
  CHECK(alive == 0);
}

TEST_CASE_METHOD(fixture, "a named object lives without references", "[server]") {
  pickled::detail::registered_type named = box_type;
  named.named = std::make_shared<box>(&alive);
  table.add_named(named);
  CHECK(table.number_of_objects() == 0);
  const std::string ident = table.create_named(named)->ident;
  CHECK(table.create_named(named)->ident == ident);
  CHECK(table.number_of_objects() == 1);
  CHECK(table.decref(ident).known);
  CHECK(table.decref(ident).known);
  CHECK(table.number_of_objects() == 0);
  CHECK(table.find(ident) != nullptr);
  CHECK(table.create_named(named)->ident == ident);
  CHECK(alive == 1);
}
