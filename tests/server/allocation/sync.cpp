// SPDX-License-Identifier: BSL-1.0

// What ends the wait of others, without memory: whoever lets go of something, dies, or is late has
// it pass on, and nothing that was granted gets lost.

#include "server/registry.hpp"
#include "server/sync/condition_object.hpp"
#include "tests/server/allocation/failing_allocator.hpp"
#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using testing::client;
using testing::made_call;
using testing::make;

namespace {

const client a(1, 10);
const client b(2, 20);
const client c(3, 30);

template <class Work>
void without_memory(Work work) {
  failing_allocations failing(shortage::lasting, 0);
  failing.begin();
  work();
}

// A call that needs no memory but for what the method does.
class prepared_call {
 public:
  prepared_call(const client& who, const std::shared_ptr<hosted>& object, std::string_view method,
                std::vector<frozen> args = {})
      : object_(object),
        entry_(*std::ranges::find(object->methods(), method, &method_entry::name)),
        call_(arguments(std::move(args)), who.who(), reply_, {}) {}
  prepared_call(const prepared_call&) = delete;
  prepared_call& operator=(const prepared_call&) = delete;
  // As a session that ends.
  ~prepared_call() {
    if (call_.waiting() != nullptr) object_->withdraw(*call_.waiting());
  }

  void run() { object_->apply(event::request{entry_, call_}); }

 private:
  std::shared_ptr<hosted> object_;
  const method_entry& entry_;
  splicer reply_;
  call call_;
};

// Runs the call that `prepare` makes with each of its allocations failing, and has `check` see what
// came of it, and whether it was done.
template <class Prepare, class Check>
void each_failing(Prepare prepare, Check check) {
  for (const shortage how : {shortage::once, shortage::lasting})
    for (int n = 0;; ++n) {
      REQUIRE(n < 100);
      const auto on = prepare();
      failing_allocations failing(how, n);
      INFO("allocation " << n << (how == shortage::once ? " fails" : " and all after it fail"));
      bool done = false;
      failing.begin();
      try {
        on->tried.run();
        done = true;
      } catch (const std::bad_alloc&) {
      } catch (const python_error&) {
      }
      failing.stop();
      check(*on, done);
      if (failing.failed() == 0) break;
    }
}

std::shared_ptr<hosted> created(const char* type_id, std::vector<frozen> args = {}) {
  static const registry types = sync_manager_registry();
  arguments given(std::move(args));
  return types.find(type_id)->create(given);
}

frozen list_of(const char* text) {
  splicer out;
  out.begin_list().str(text).end_list();
  return std::move(out).freeze();
}

std::string drained(const std::shared_ptr<hosted>& q) {
  std::string items;
  for (;;) {
    const std::string item = c(q, "get_nowait").text();
    if (item == "queue.Empty") return items;
    items += item;
  }
}

constexpr const char* queues[] = {"Queue", "JoinableQueue", "PriorityQueue", "LifoQueue",
                                  "SimpleQueue"};

}  // namespace

TEST_CASE("an item is given back without memory", "[server]") {
  for (const char* type_id : queues) {
    INFO(type_id);
    for (int filled = 1; filled != 40; ++filled) {
      const auto q = created(type_id);
      for (int i = 0; i != filled; ++i)
        a(q, "put", i);
      const made_call taken = b(q, "get");
      const std::string item = taken.text();
      without_memory([&] { taken.give_back(); });
      CHECK(c(q, "get_nowait") == item);
      CHECK(c(q, "qsize") == std::to_string(filled - 1));
    }
  }
}

TEST_CASE("an item that cannot be compared any more is given back", "[server]") {
  const auto q = created("PriorityQueue");
  a(q, "put", list_of("x"));
  const made_call taken = b(q, "get");
  a(q, "put", 1);
  taken.give_back();
  CHECK(c(q, "get_nowait").text() == taken.text());
  CHECK(c(q, "get_nowait") == "1");
  // Comparing them needs memory.
  a(q, "put", list_of("x"));
  a(q, "put", list_of("y"));
  const made_call first = b(q, "get");
  without_memory([&] { first.give_back(); });
  CHECK(c(q, "qsize") == "2");
  drained(q);
}

TEST_CASE("an item is handed on without memory", "[server]") {
  for (const char* type_id : queues) {
    INFO(type_id);
    const auto q = created(type_id);
    a(q, "put", 1);
    const made_call taken = a(q, "get");
    const made_call waiting = b(q, "get");
    without_memory([&] { taken.give_back(); });
    CHECK(waiting == "1");
  }
}

TEST_CASE("who takes an item lets another one in, or has not taken it", "[server]") {
  struct full {
    std::shared_ptr<hosted> q;
    made_call putter;
    prepared_call tried{c, q, "get_nowait"};
  };
  for (const char* type_id : {"Queue", "JoinableQueue", "PriorityQueue", "LifoQueue"}) {
    INFO(type_id);
    each_failing(
        [&] {
          const auto q = created(type_id, {frozen::integer(1)});
          a(q, "put", list_of("x"));
          return std::unique_ptr<full>(new full{q, b(q, "put", list_of("y"))});
        },
        [](const full& f, bool done) {
          CHECK(f.putter.waits() != done);
          CHECK(c(f.q, "qsize") == "1");
          drained(f.q);
          CHECK_FALSE(f.putter.waits());
        });
  }
}

namespace {

struct held_lock {
  std::shared_ptr<hosted> lock;
  made_call next;
  prepared_call tried;
};

}  // namespace

TEST_CASE("a lock passes on without memory", "[server]") {
  for (const char* type_id : {"Lock", "RLock", "Semaphore", "BoundedSemaphore"}) {
    INFO(type_id);
    const auto prepare = [&] {
      const auto lock = created(type_id);
      REQUIRE(a(lock, "acquire") == "True");
      return std::unique_ptr<held_lock>(
          new held_lock{lock, b(lock, "acquire"), {a, lock, "release"}});
    };
    each_failing(prepare, [](const held_lock& h, bool done) {
      CHECK(h.next.waits() != done);
      if (!done) CHECK(a(h.lock, "release") == "None");
      CHECK(h.next == "True");
    });
    const auto dies = prepare();
    without_memory([&] { a.gone(dies->lock, departure::process_crashed); });
    CHECK(dies->next == "True");
    const auto granted = prepare();
    a(granted->lock, "release");
    const made_call third = c(granted->lock, "acquire");
    CHECK(third == "waits");
    without_memory([&] { granted->next.give_back(); });
    CHECK(third == "True");
  }
}

TEST_CASE("a release lets many acquire a semaphore, or none", "[server]") {
  struct crowd {
    std::shared_ptr<hosted> semaphore;
    std::vector<made_call> waiting;
    prepared_call tried{a, semaphore, "release", {frozen::integer(100)}};
  };
  each_failing(
      [] {
        const auto semaphore = created("Semaphore", {frozen::integer(0)});
        std::vector<made_call> waiting;
        for (std::uint64_t i = 0; i != 100; ++i)
          waiting.push_back(client(100 + i, 7)(semaphore, "acquire"));
        return std::unique_ptr<crowd>(new crowd{semaphore, std::move(waiting)});
      },
      [](const crowd& all, bool done) {
        for (const made_call& each : all.waiting)
          CHECK(each.waits() != done);
      });
}

TEST_CASE("a Condition's waiters are notified without memory", "[server]") {
  const auto condition = created("Condition", {});
  REQUIRE(a(condition, "acquire") == "True");
  const made_call waits = a(condition, "wait", 60);
  const made_call late = [&] {
    REQUIRE(b(condition, "acquire") == "True");
    return b(condition, "wait", 60);
  }();
  without_memory([&] { late.expire(); });
  CHECK(late == "False");
  REQUIRE(b(condition, "notify") == "None");
  CHECK(waits == "waits");
  REQUIRE(b(condition, "release") == "None");
  CHECK(waits == "True");
}

TEST_CASE("a Condition that cannot wait keeps its lock", "[server]") {
  for (const char* lock : {"Lock", "RLock", "Semaphore"}) {
    INFO(lock);
    const auto prepare = [&] {
      const auto condition = std::make_shared<condition_object>(
          std::dynamic_pointer_cast<acquirable>(created(lock)), false);
      REQUIRE(a(condition, "acquire") == "True");
      return std::unique_ptr<held_lock>(
          new held_lock{condition, b(condition, "acquire"), {a, condition, "wait"}});
    };
    each_failing(prepare, [](const held_lock& h, bool done) {
      CHECK(h.next.waits() != done);
      if (!done) CHECK(a(h.lock, "release") == "None");
      CHECK(h.next == "True");
    });
  }
}

TEST_CASE("a Barrier breaks without memory", "[server]") {
  const auto barrier = created("Barrier", {frozen::integer(3)});
  const made_call first = a(barrier, "wait", 60);
  const made_call second = b(barrier, "wait", 60);
  without_memory([&] { first.expire(); });
  CHECK(first == "threading.BrokenBarrierError");
  CHECK(second == "threading.BrokenBarrierError");
}
