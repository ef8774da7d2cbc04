// SPDX-License-Identifier: BSL-1.0

// The containers and queues of the standard library, which our server hosts, and CPython's where
// they were registered.

#include "tests/integration/live_server.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using ints = std::vector<int>;

namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

TEST_CASE("a set is used like a set", "[set]") {
  const auto m = connect();
  const auto s = m.set<int>(ints{1, 2});
  s.insert(3);
  s.insert(3);
  CHECK(s.size() == 3);
  CHECK(s.contains(3));
  CHECK(s.erase(3));
  CHECK_FALSE(s.erase(3));
  CHECK(s.get_value<std::set<int>>() == std::set{1, 2});
  ints seen;
  for (const int item : s)
    seen.push_back(item);
  std::ranges::sort(seen);
  CHECK(seen == ints{1, 2});
  CHECK(s.intersection(ints{2, 3}) == ints{2});
  CHECK(s.difference(ints{2, 3}) == ints{1});
  CHECK(s.union_with(std::set{3}).size() == 3);
  CHECK(s.symmetric_difference(ints{1, 2, 3}) == ints{3});
  CHECK(s.is_subset(std::set{1, 2, 3}));
  CHECK(s.is_superset(ints{1}));
  CHECK(s.is_disjoint(ints{7}));
  s.update(ints{5, 6});
  s.difference_update(ints{1});
  s.intersection_update(ints{2, 5});
  s.symmetric_difference_update(ints{5, 8});
  CHECK(s.get_value<std::set<int>>() == std::set{2, 8});
  CHECK(s.pop() + s.try_pop().value() == 10);
  CHECK(s.try_pop() == std::nullopt);
  CHECK_THROWS_MATCHES(s.pop(), python_error, says("KeyError: 'pop from an empty set'"));
  s.insert(1);
  s.clear();
  CHECK(s.empty());
  const auto any = m.set();
  any.insert("text");
  any.insert(1);
  CHECK(any.contains("text"));
}

// CPython's server loads proxies of sets from 3.14 on.
TEST_CASE("a set is an argument of another set", "[set][set_proxy]") {
  const auto m = connect();
  CHECK(m.set(ints{1, 2}).is_superset(m.set(ints{1})));
}

// CPython's has no incr, decr and compare_and_set.
TEST_CASE("a counter counts in one step", "[counter][in_one_step]") {
  const auto c = connect().counter<std::string>(std::string("abracadabra"));
  CHECK(c.incr("a") == 6);
  CHECK(c.incr("a", 4) == 10);
  CHECK(c.decr("a", 3) == 7);
  CHECK(c.compare_and_set("a", 7, 1));
  CHECK_FALSE(c.compare_and_set("a", 7, 2));
  c["z"] = 9;
  CHECK(c.at("z") == 9);
  CHECK(c.at("missing") == 0);
  CHECK(c.find("missing") == std::nullopt);
  CHECK(c.most_common(2) == std::vector<std::pair<std::string, std::int64_t>>{{"z", 9}, {"b", 2}});
  CHECK(c.most_common().size() == 6);
  c.update(std::map<std::string, int>{{"b", 5}});
  c.subtract(std::vector<std::string>{"b"});
  CHECK(c.at("b") == 6);
  CHECK(c.total() == 1 + 6 + 2 + 1 + 1 + 9);
  CHECK(c.erase("z"));
  CHECK_FALSE(c.erase("z"));
}

TEST_CASE("a deque is changed at both ends", "[deque]") {
  const auto m = connect();
  const auto d = m.deque<int>(ints{1, 2, 3}, keyword{"maxlen", 4});
  d.push_front(0);
  d.push_back(4);
  CHECK(d.get_value<ints>() == ints{1, 2, 3, 4});
  CHECK(d.pop_front() == 1);
  CHECK(d.pop_back() == 4);
  d[0] = 20;
  CHECK(d.at(0) == 20);
  d.extend(ints{5});
  d.extend_left(ints{6});
  CHECK(d.size() == 4);
  CHECK(d.index(5) == 3);
  CHECK(d.contains(3));
  CHECK(d.count(3) == 1);
  d.rotate();
  CHECK(d.at(0) == 5);
  d.reverse();
  CHECK(d.remove(3));
  CHECK_FALSE(d.remove(3));
  d.erase(0);
  d.insert(0, 8);
  ints seen;
  std::ranges::copy(d, std::back_inserter(seen));
  CHECK(seen == ints{8, 6, 5});
  d.clear();
  CHECK(d.empty());
  CHECK(d.try_pop_back() == std::nullopt);
  CHECK(d.try_pop_front() == std::nullopt);
  CHECK_THROWS_MATCHES(d.pop_back(), python_error, says("IndexError: pop from an empty deque"));
  m.deque().push_back("text");
}

TEST_CASE("an ordered dict has two ends", "[ordered]") {
  const auto d = connect().ordered_dict<std::string, int>(
      std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 2}, {"c", 3}});
  d.move_to_end("a");
  d.move_to_end("c", false);
  CHECK(d.pop_item(false) == std::pair<std::string, int>("c", 3));
  CHECK(d.pop_item() == std::pair<std::string, int>("a", 1));
  d["d"] = 4;
  CHECK(d.find("d") == 4);
}

TEST_CASE("a default dict makes what is missing, but not to find it", "[default]") {
  const auto d = connect().default_dict<std::string, ints>(python_name{"builtins", "list"},
                                                           keyword{"a", ints{1}});
  CHECK(d.find("b") == std::nullopt);
  CHECK(d.at("b").empty());
  CHECK(d.find("b") == ints{});
  CHECK(d.at("a") == ints{1});
}

TEST_CASE("a bytearray holds bytes", "[bytearray]") {
  const auto b = connect().bytearray(bytes("hello"));
  CHECK(b.size() == 5);
  CHECK(b.at(0) == 'h');
  b[0] = 'j';
  b.push_back('!');
  b.extend(bytes("?-"));
  CHECK(b.repr() == "bytearray(b'jello!?-')");
  CHECK(b.find(bytes("l")) == 2);
  CHECK(b.rfind(bytes("l")) == 3);
  CHECK(b.find(bytes("x")) == std::nullopt);
  CHECK(b.contains(bytes("ell")));
  CHECK(b.count(bytes("l")) == 2);
  CHECK(b.starts_with(bytes("je")));
  CHECK_FALSE(b.ends_with(bytes("je")));
  CHECK(b.pop() == '-');
  b.insert(0, 'X');
  b.erase(0);
  b.set(slice{0, 2}, bytes("y"));
  b.erase(slice{-2});
  CHECK(b.get(slice{0, 2}).size() == 2);
  CHECK(b.hex() == "796c6c6f");
  CHECK(b.get_value<std::vector<std::byte>>().size() == 4);
  b.reverse();
  b.clear();
  CHECK(b.empty());
}

TEST_CASE("queues give by priority, last or first", "[queues]") {
  const auto m = connect();
  const auto by_priority = m.priority_queue<int>();
  const auto last = m.lifo_queue<int>(2);
  const auto simple = m.simple_queue<int>();
  for (const auto& q : {by_priority, last, simple}) {
    q.put(2);
    q.put(1);
  }
  CHECK(by_priority.get() == 1);
  CHECK(last.get() == 1);
  CHECK(simple.get() == 2);
  CHECK(simple.get() == 1);
  CHECK(simple.try_get() == std::nullopt);
  last.put(3);
  CHECK_FALSE(last.try_put(4));
}

TEST_CASE("an object of another class is told at once", "[queues]") {
  const auto m = connect();
  CHECK_THROWS_MATCHES(
      m.get<deque_proxy<>>("Queue"), conversion_error,
      says("$: expected an object with the method appendleft, got one of the type Queue"));
}

TEST_CASE("so is one that a value refers to", "[queues][autoproxy]") {
  const auto m = connect();
  const auto box = m.dict();
  box["q"] = m.queue();
  CHECK_THROWS_MATCHES(
      box.get<deque_proxy<>>("q"), conversion_error,
      says("dict['q']: expected an object with the method appendleft, got one of the type Queue"));
}
