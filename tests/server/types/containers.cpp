// SPDX-License-Identifier: BSL-1.0

// What tables of calls cannot show: proxies as arguments, iterators, sharing, limits, threads.

#include "frozen/thaw.hpp"
#include "pickled/python/repr.hpp"
#include "server/types/array_object.hpp"
#include "server/types/dict_object.hpp"
#include "server/types/iterator_object.hpp"
#include "server/types/list_object.hpp"
#include "server/types/namespace_object.hpp"
#include "server/types/set_object.hpp"
#include "server/types/value_object.hpp"
#include "tests/server/types/container.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace pickled;
using namespace pickled::detail;
using namespace pickled::detail::testing;

frozen number(std::int64_t i) {
  return frozen::integer(i);
}
frozen text(std::string_view s) {
  return frozen::str(s);
}

frozen list_of(std::vector<frozen> items) {
  splicer out;
  out.begin_list();
  for (const frozen& item : items)
    out.frozen(item);
  return std::move(out.end_list()).freeze();
}

std::shared_ptr<hosted> make_hosted(std::shared_ptr<hosted> (*factory)(arguments&),
                                    std::vector<frozen> given = {}) {
  arguments args(std::move(given));
  return factory(args);
}
std::shared_ptr<hosted> hosted_list(std::vector<frozen> items) {
  return make_hosted(make_list, {list_of(std::move(items))});
}
std::shared_ptr<hosted> hosted_dict(arguments args) {
  return make_dict(args);
}

std::string shown(const std::shared_ptr<hosted>& object) {
  return object->repr(1000);
}
std::string shown(const frozen& f) {
  return repr(thaw(f), 1000);
}

template <class... Args>
std::string exception_of(const std::shared_ptr<hosted>& object, std::string_view method,
                         Args... args) {
  try {
    return shown(ask(object, method, std::move(args)...));
  } catch (const python_error& error) {
    return error.what();
  }
}

std::size_t proxies_in(const hosted& object) {
  std::size_t count = 0;
  object.for_each_proxy([&](const proxy_reference&) { ++count; });
  return count;
}

}  // namespace

TEST_CASE("proxies stand for what they are proxies of", "[server]") {
  const auto list = hosted_list({number(1), number(2)});
  const auto dict = hosted_dict({{}, {{"a", number(1)}, {"b", number(2)}}});
  const auto array = make_hosted(make_array, {text("i"), list_of({number(7)})});
  const frozen list_proxy = proxy_of(list, "ListProxy");
  const frozen dict_proxy = proxy_of(dict, "DictProxy");
  const frozen set_proxy = proxy_of(make_hosted(make_set, {list_proxy}), "SetProxy");

  SECTION("factories") {
    CHECK(shown(make_hosted(make_list, {dict_proxy})) == "['a', 'b']");
    CHECK(shown(make_hosted(make_list, {set_proxy})) == "[1, 2]");
    CHECK(shown(hosted_dict({{dict_proxy}, {}})) == "{'a': 1, 'b': 2}");
    CHECK(shown(make_hosted(make_set, {proxy_of(array, "ArrayProxy")})) == "{7}");
  }
  SECTION("a list that is given itself") {
    ask(list, "extend", list_proxy);
    CHECK(shown(list) == "[1, 2, 1, 2]");
    splicer whole;
    whole.global("builtins", "slice").begin_tuple().none().none().none().end_tuple().reduce();
    ask(list, "__setitem__", std::move(whole).freeze(), list_proxy);
    CHECK(shown(list) == "[1, 2, 1, 2]");
    CHECK(shown(ask(list, "__add__", list_proxy)) == "[1, 2, 1, 2, 1, 2, 1, 2]");
    CHECK(exception_of(list, "__add__", dict_proxy) ==
          "TypeError: can only concatenate list (not \"DictProxy\") to list");
  }
  SECTION("a dict that is given itself, and others") {
    ask(dict, "update", dict_proxy);
    CHECK(shown(dict) == "{'a': 1, 'b': 2}");
    CHECK(shown(ask(dict, "__or__", dict_proxy)) == "{'a': 1, 'b': 2}");
    CHECK(shown(ask(dict, "__or__", list_proxy)) == "NotImplemented");
    CHECK(exception_of(dict, "update", list_proxy) ==
          "TypeError: cannot convert dictionary update sequence element #0 to a sequence");
    ask(dict, "update", proxy_of(hosted_list({list_of({text("c"), number(3)})}), "ListProxy"));
    CHECK(shown(dict) == "{'a': 1, 'b': 2, 'c': 3}");
  }
  SECTION("sets") {
    const auto set = make_hosted(make_set, {list_of({number(2), number(3)})});
    CHECK(shown(ask(set, "__and__", set_proxy)) == "{2}");
    CHECK(shown(ask(set, "__and__", list_proxy)) == "NotImplemented");
    CHECK(shown(ask(set, "isdisjoint", list_proxy)) == "False");
    ask(set, "symmetric_difference_update", proxy_of(set, "SetProxy"));
    CHECK(shown(set) == "set()");
  }
  SECTION("arrays") {
    splicer first;
    first.global("builtins", "slice").begin_tuple().integer(0).integer(0).none().end_tuple();
    ask(array, "__setitem__", std::move(first.reduce()).freeze(), proxy_of(array, "ArrayProxy"));
    CHECK(shown(array) == "array('i', [7, 7])");
  }
  SECTION("what cannot be iterated") {
    const auto value = make_hosted(make_value, {text("i"), number(1)});
    CHECK(exception_of(list, "extend", proxy_of(value, "ValueProxy")) ==
          "TypeError: 'ValueProxy' object is not iterable");
  }
}

TEST_CASE("proxies are kept among the slots until they go", "[server]") {
  const auto inner = hosted_list({});
  const frozen proxy = proxy_of(inner, "ListProxy");
  const long alone = inner.use_count();

  const auto list = hosted_list({number(1), proxy});
  CHECK(proxies_in(*list) == 1);
  CHECK(ask(list, "pop").kind() == kind::proxy);
  CHECK(proxies_in(*list) == 0);

  const auto dict = hosted_dict({{}, {{"x", list_of({proxy})}}});
  CHECK(proxies_in(*dict) == 1);
  ask(dict, "__setitem__", text("x"), number(0));
  CHECK(proxies_in(*dict) == 0);

  const auto space = make_hosted(make_namespace);
  ask(space, "__setattr__", text("p"), proxy);
  CHECK(proxies_in(*space) == 1);
  ask(space, "__delattr__", text("p"));
  const auto value = make_hosted(make_value, {text("i"), proxy});
  CHECK(proxies_in(*value) == 1);
  ask(value, "set", number(1));
  CHECK(proxies_in(*value) == 0);
  CHECK(inner.use_count() == alone);
}

TEST_CASE("copies share the blocks of what they copy", "[server]") {
  const frozen block = list_of({text("big")});
  const auto list = hosted_list({});
  ask(list, "append", block);
  ask(list, "__imul__", number(3));
  const std::vector<frozen> items = *list->items();
  CHECK(items.size() == 3);
  CHECK(items[0].identity() == items[2].identity());
  const value doubled = thaw(ask(list, "__mul__", number(2)));
  CHECK(doubled->as_items()[0].identity() == doubled->as_items()[5].identity());
}

TEST_CASE("a repetition that does not fit is refused before it is made", "[server]") {
  const auto list = hosted_list({number(1), number(2)});
  CHECK(exception_of(list, "__mul__", number(std::int64_t{1} << 40)) == "MemoryError");
  CHECK(exception_of(list, "__imul__", number(std::int64_t{1} << 40)) == "MemoryError");
  CHECK(shown(list) == "[1, 2]");
}

TEST_CASE("weights follow what is held", "[server]") {
  const frozen block = text(std::string(1000, 'x'));
  for (const auto& list : {hosted_list({}), hosted_dict({}), make_hosted(make_set)})
    CHECK(list->weight() == 0);
  const auto list = hosted_list({block, number(1)});
  CHECK(list->weight() > 1000);
  ask(list, "__delitem__", number(0));
  CHECK(list->weight() == sizeof(frozen));
  ask(list, "clear");
  CHECK(list->weight() == 0);
  const auto dict = hosted_dict({{}, {{"k", block}}});
  CHECK(dict->weight() > 1000);
  ask(dict, "__setitem__", text("k"), number(1));
  CHECK(dict->weight() == 2 * sizeof(frozen));
  ask(dict, "popitem");
  CHECK(dict->weight() == 0);
}

TEST_CASE("texts of containers stop at their limit", "[server]") {
  const auto list = hosted_list(std::vector<frozen>(10'000, text("abc")));
  CHECK(list->repr(75).size() < 100);
  CHECK(list->repr(75).starts_with("['abc', 'abc', "));
  CHECK(make_hosted(make_set, {proxy_of(list, "ListProxy")})->repr(75) == "{'abc'}");
}

TEST_CASE("a hosted iterator gives the keys that were there when it was made", "[server]") {
  arguments args({}, {{"a", number(1)}, {"b", number(2)}});
  const auto dict = make_dict(args, iterators::proxy);
  splicer reply;
  call c({}, owner(), reply, nullptr);
  call_method(*dict, "__iter__", c);
  CHECK(c.handed_out().type_id == "Iterator");
  const auto iterator = c.handed_out().object;

  CHECK(shown(value_of(*iterator)).starts_with("<list_iterator object"));
  CHECK(shown(ask(iterator, "__next__")) == "'a'");
  CHECK(exception_of(iterator, "__next__", number(1)) == "TypeError: expected 0 arguments, got 1");
  CHECK(make_hosted(make_list, {proxy_of(iterator, "IteratorProxy")})->repr(100) == "['b']");
  SECTION("to its end") {
    CHECK(shown(ask(iterator, "__next__")) == "'b'");
    CHECK(exception_of(iterator, "__next__") == "StopIteration");
    ask(dict, "clear");
    CHECK(exception_of(iterator, "__next__") == "StopIteration");
  }
  SECTION("until the dict has changed") {
    ask(dict, "__setitem__", text("a"), number(3));
    ask(dict, "__setitem__", text("c"), number(3));
    const std::string changed = "RuntimeError: dictionary changed size during iteration";
    CHECK(exception_of(iterator, "__next__") == changed);
    ask(dict, "popitem");
    CHECK(exception_of(iterator, "__next__") == changed);
  }
}

TEST_CASE("a snapshot of keys is an iterator of the client's own", "[server]") {
  const auto dict = hosted_dict({{}, {{"a", number(1)}, {"b", number(2)}}});
  const frozen keys = ask(dict, "__iter__");
  CHECK(shown(make_hosted(make_list, {keys})) == "['a', 'b']");
}

TEST_CASE("many threads change one list", "[server]") {
  const auto list = hosted_list({});
  constexpr int threads = 4, rounds = 500;
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&list, t] {
      for (int i = 0; i < rounds; ++i) {
        ask(list, "append", number(t * rounds + i));
        ask(list, "append", list_of({number(i)}));
        ask(list, "remove", list_of({number(i)}));
        ask(list, "__contains__", number(i));
        if (i % 50 == 0) ask(list, "reverse");
        list->repr(50);
        list->for_each_proxy([](const proxy_reference&) {});
      }
    });
  }
  for (std::thread& t : running)
    t.join();
  ask(list, "sort");
  const std::vector<frozen> items = *list->items();
  REQUIRE(items.size() == threads * rounds);
  for (int i = 0; i < threads * rounds; ++i)
    CHECK(items[static_cast<std::size_t>(i)].as_integer() == i);
}

TEST_CASE("many threads change one dict and one set", "[server]") {
  const auto dict = hosted_dict({});
  const auto set = make_hosted(make_set);
  const frozen dict_proxy = proxy_of(dict, "DictProxy");
  const frozen set_proxy = proxy_of(set, "SetProxy");
  constexpr int threads = 4, rounds = 400;
  std::atomic<int> popped = 0;
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      for (int i = 0; i < rounds; ++i) {
        const frozen mine = number(t * rounds + i);
        ask(dict, "__setitem__", mine, list_of({mine}));
        ask(set, "add", mine);
        ask(dict, "get", mine);
        if (i % 40 == 0) {
          ask(dict, "update", dict_proxy);
          ask(set, "update", dict_proxy, set_proxy);
          ask(dict, "items");
        }
        if (i % 4 == 0) {
          ask(dict, "pop", mine);
          ++popped;
        }
      }
    });
  }
  for (std::thread& t : running)
    t.join();
  // An update that was under way may have put back what was popped.
  CHECK(dict->items()->size() / 2 >= static_cast<std::size_t>(threads * rounds - popped));
  CHECK(set->items()->size() == threads * rounds);
}
