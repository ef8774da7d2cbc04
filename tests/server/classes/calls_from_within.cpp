// SPDX-License-Identifier: BSL-1.0

// Methods that call objects of their own server.

#include "pickled/proxy/base_proxy.hpp"
#include "tests/server/classes/served_program.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace pickled;
using namespace pickled::detail;

namespace {

std::atomic<int> inside{0};

void wait_until_inside(int count) {
  while (inside < count)
    std::this_thread::yield();
}

// One of a row, which knows the next by proxy.
struct link_of_chain {
  base_proxy next;
  std::atomic<bool> released{false};

  void set_next(base_proxy to) { next = std::move(to); }
  int length() const { return next ? 1 + next.call("length").get<int>() : 1; }
  int length_by_thread() const {
    int found = 0;
    std::thread([&] { found = 1 + next.call("length").get<int>(); }).join();
    return found;
  }
  // Once so many calls are under way.
  int length_later(int calls) {
    ++inside;
    wait_until_inside(calls);
    return length();
  }
  void wait() {
    ++inside;
    while (!released)
      std::this_thread::yield();
  }
  void have_next_wait() { next.call("wait"); }
  void release() { released = true; }
  int dig(const base_proxy& itself) { return itself.call("dig", itself).get<int>(); }
};

struct chain : served_program {
  chain() : served_program(types(), {.call_threads = 3}) { inside = 0; }

  base_proxy link() const { return clients().create("Link"); }
  // Of that length.
  base_proxy row(int length) const {
    base_proxy first = link();
    for (int i = 1; i != length; ++i) {
      const base_proxy before = link();
      before.call("set_next", first);
      first = before;
    }
    return first;
  }

 private:
  static type_registry types() {
    type_registry made;
    made.add<link_of_chain>("Link")
        .constructor<>()
        .method("set_next", &link_of_chain::set_next)
        .method("length", &link_of_chain::length)
        .method("length_by_thread", &link_of_chain::length_by_thread)
        .method("length_later", &link_of_chain::length_later)
        .method("wait", &link_of_chain::wait)
        .method("have_next_wait", &link_of_chain::have_next_wait)
        .method("release", &link_of_chain::release, concurrent)
        .method("dig", &link_of_chain::dig, concurrent);
    return made;
  }
};

}  // namespace

TEST_CASE_METHOD(chain, "calls from within calls are not bounded by threads", "[server]") {
  CHECK(row(20).call("length").get<int>() == 20);
  CHECK(row(20).call("length_by_thread").get<int>() == 20);
}

TEST_CASE_METHOD(chain, "calls from within calls hold up no other client", "[server]") {
  const base_proxy last = link();
  std::vector<std::thread> callers;
  // As many as one client may have.
  for (int i = 0; i != 2; ++i)
    callers.emplace_back([&] {
      const base_proxy first = link();
      first.call("set_next", last);
      first.call("have_next_wait");
    });
  wait_until_inside(1);
  CHECK(row(3).call("length").get<int>() == 3);
  last.call("release");
  for (std::thread& each : callers)
    each.join();
}

TEST_CASE_METHOD(chain, "a call that would wait for itself is refused", "[server]") {
  const base_proxy a = link();
  const base_proxy b = link();
  a.call("set_next", b);
  b.call("set_next", a);
  CHECK(error_of([&] { a.call("length"); }) ==
        "RuntimeError: Link.length would wait for itself: the object runs a call at a time, and "
        "the one that it runs waits for this one");
  b.call("set_next", b);
  CHECK(error_of([&] { a.call("length"); }).find("wait for itself") != std::string::npos);
  b.call("set_next", link());
  CHECK(a.call("length").get<int>() == 3);
}

TEST_CASE_METHOD(chain, "of calls that would wait for each other one is refused", "[server]") {
  const base_proxy a = link();
  const base_proxy b = link();
  const base_proxy c = link();
  a.call("set_next", b);
  b.call("set_next", c);
  c.call("set_next", a);
  std::vector<std::string> errors(2);
  std::thread other([&] { errors[0] = error_of([&] { a.call("length_later", 2); }); });
  errors[1] = error_of([&] { c.call("length_later", 2); });
  other.join();
  // It is the error of whoever called that one.
  CHECK(std::ranges::any_of(errors, [](const std::string& text) {
    return text.find("Link.length would wait for itself") != std::string::npos;
  }));
}

TEST_CASE_METHOD(chain, "calls that call themselves for ever are ended", "[server]") {
  const base_proxy a = link();
  CHECK(error_of([&] { a.call("dig", a); }) ==
        "RecursionError: Link.dig: 100 calls wait for each other already");
}

TEST_CASE("calls from within do not keep a server", "[server]") {
  std::thread caller;
  std::string lost;
  const auto last = std::make_shared<link_of_chain>();
  {
    chain served;
    (*served).publish("last", last);
    const base_proxy first = served.link();
    first.call("set_next", served.clients().get("last"));
    caller = std::thread([&lost, last, first] {
      lost = error_of([&] { first.call("have_next_wait"); });
      last->released = true;
    });
    wait_until_inside(1);
  }
  caller.join();
  CHECK(lost != "no error");
}
