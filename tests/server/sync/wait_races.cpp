// SPDX-License-Identifier: BSL-1.0

// Every call that waits, and everything that can end its waiting, at once: it is granted, its time
// is over, its session hangs up, its process dies, and nobody else keeps the object any more. Each
// fate is decided once, and whatever was granted is with one who is there, or with nobody.

#include "server/registry.hpp"
#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <barrier>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace pickled;
using namespace pickled::detail;
using testing::client;
using testing::made_call;

namespace {

constexpr int rounds = 10;  // of each combination

const client holder(1, 101);
const client first(2, 102);
const client second(3, 103);

using object = std::shared_ptr<hosted>;

// Whom one grant is for: all who wait, or one of them; and whether it passes to the next where that
// one hears no more of it, or is a fact all the same, as a put is.
enum class whom { everybody, one_who_hears, one };

struct wait_of_type {
  const char* type_id;
  std::vector<frozen> args;
  // Brings a new object to where `wait` waits.
  std::function<void(const object&)> prepare;
  std::function<made_call(const client&, const object&)> wait;
  // What one who waits is granted by.
  std::function<void(const object&)> grant;
  bool times_out;
  whom granted_to;
  // What the one who was granted does to give it away.
  std::function<void(const client&, const object&)> hand_on;
};

std::function<made_call(const client&, const object&)> calls(const char* method) {
  return [method](const client& who, const object& o) { return who(o, method); };
}
std::function<made_call(const client&, const object&)> calls_timed(const char* method) {
  return [method](const client& who, const object& o) { return who(o, method, true, 60); };
}
void nothing(const object&) {}
void keeps(const client&, const object&) {}
void acquire(const object& o) {
  holder(o, "acquire");
}
void release(const object& o) {
  holder(o, "release");
}
void hand_on_lock(const client& who, const object& o) {
  who(o, "release");
}
void put(const object& o) {
  holder(o, "put", 7);
}
void hand_on_item(const client& who, const object& o) {
  who(o, "put", 7);
}

// The one who waits has the lock before; it is woken by one who has it for that.
made_call wait_for_notice(const client& who, const object& o) {
  who(o, "acquire");
  return who(o, "wait", 60);
}
void notify(const object& o) {
  if (holder(o, "acquire", false).text() != "True") return;
  holder(o, "notify_all");
  holder(o, "release");
}

wait_of_type wait_for_lock(const char* type_id,
                           std::function<void(const object&)> prepare = acquire,
                           std::vector<frozen> args = {}) {
  return {type_id, std::move(args),     std::move(prepare), calls_timed("acquire"), release,
          true,    whom::one_who_hears, hand_on_lock};
}
wait_of_type wait_for_item(const char* type_id) {
  return {type_id, {}, nothing, calls_timed("get"), put, true, whom::one_who_hears, hand_on_item};
}

const std::vector<wait_of_type> waits = {
    wait_for_lock("Lock"),
    wait_for_lock("RLock"),
    wait_for_lock("Semaphore", nothing, {frozen::integer(0)}),
    wait_for_lock("BoundedSemaphore"),
    {"Condition", {}, nothing, wait_for_notice, notify, true, whom::everybody, hand_on_lock},
    wait_for_lock("Condition"),
    {"Event",
     {},
     nothing,
     [](const client& who, const object& o) { return who(o, "wait", 60); },
     [](const object& o) { holder(o, "set"); },
     true,
     whom::everybody,
     keeps},
    {"Barrier",
     {frozen::integer(3)},
     nothing,
     [](const client& who, const object& o) { return who(o, "wait", 60); },
     [](const object& o) { holder(o, "wait"); },
     true,
     whom::everybody,
     keeps},
    wait_for_item("Queue"),
    wait_for_item("JoinableQueue"),
    wait_for_item("PriorityQueue"),
    wait_for_item("LifoQueue"),
    wait_for_item("SimpleQueue"),
    {"Queue",
     {frozen::integer(1)},
     put,
     [](const client& who, const object& o) { return who(o, "put", 8, true, 60); },
     [](const object& o) { holder(o, "get_nowait"); },
     true,
     whom::one,
     [](const client& who, const object& o) { who(o, "get_nowait"); }},
    {"Queue",
     {},
     put,
     calls("join"),
     [](const object& o) { holder(o, "task_done"); },
     false,
     whom::everybody,
     keeps},
};

enum fate : unsigned { granted = 1, expired = 2, hung_up = 4, died = 8, forgotten = 16, all = 32 };

// One wait in one round. Each thread has a share of the object, and lets go of it at the end.
struct race {
  std::array<object, 5> shares;
  std::optional<made_call> call;
  const wait_of_type* of = nullptr;
  unsigned fates = 0;

  void run(unsigned thread) {
    object share = std::move(shares[thread]);
    const unsigned mine = 1U << thread & fates;
    if (mine == granted) of->grant(share);
    if (mine == expired) call->expire();
    if (mine == hung_up || mine == died) call->withdraw();
    if (mine == hung_up) first.gone(share, departure::session_ended);
    if (mine == died) first.gone(share, departure::process_crashed);
  }
};

class racers {
 public:
  explicit racers(race& r) : race_(r) {
    for (unsigned i = 0; i != threads_.size(); ++i)
      threads_[i] = std::thread([this, i] {
        for (;;) {
          line_.arrive_and_wait();
          if (over_) return;
          race_.run(i);
          line_.arrive_and_wait();
        }
      });
  }
  ~racers() {
    over_ = true;
    line_.arrive_and_wait();
    for (std::thread& t : threads_)
      t.join();
  }
  void run() {
    line_.arrive_and_wait();
    line_.arrive_and_wait();
  }

 private:
  race& race_;
  bool over_ = false;
  std::barrier<> line_{6};
  std::array<std::thread, 5> threads_;
};

}  // namespace

TEST_CASE("a wait ends once, however many things end it at once", "[server]") {
  const registry types = sync_manager_registry();
  race r;
  racers threads(r);
  for (const wait_of_type& of : waits) {
    for (unsigned fates = 0; fates != all; ++fates) {
      if (!of.times_out && (fates & expired) != 0) continue;
      INFO(of.type_id << ", fates " << fates);
      for (int i = 0; i != rounds; ++i) {
        arguments args(of.args);
        object o = types.find(of.type_id)->create(args);
        const std::weak_ptr<hosted> known = o;
        of.prepare(o);
        r.of = &of;
        r.fates = fates;
        r.call = of.wait(first, o);
        std::optional<made_call> next = of.wait(second, o);
        REQUIRE(r.call->waits());
        REQUIRE(next->waits());
        r.shares.fill(o);
        if ((fates & forgotten) != 0) o.reset();
        threads.run();

        const bool gone = (fates & (hung_up | died)) != 0;
        const waiter::state end = r.call->pending()->current();
        // One who is there is told, once; one who is gone need not be.
        if (end == waiter::state::waiting) {
          REQUIRE((fates & (granted | expired | hung_up | died)) == 0);
          REQUIRE(!r.call->woken());
        } else if (!gone) {
          REQUIRE(r.call->wakes() == 1);
        }
        REQUIRE((!gone || end != waiter::state::waiting));
        const bool is_certain =
            of.granted_to == whom::one_who_hears || (of.granted_to == whom::one && !gone);
        if (o != nullptr && (fates & granted) != 0 && is_certain) {
          // It is the first one's, who is there, or else the second one's.
          const bool has_it = end == waiter::state::granted && !gone;
          REQUIRE(next->waits() == has_it);
          if (has_it) of.hand_on(first, o);
          REQUIRE(next->wakes() == 1);
        }
        next->withdraw();
        second.gone(o == nullptr ? next->pending()->home() : o, departure::session_ended);
        if (r.call->waits()) r.call->withdraw();
        // Nothing keeps what nobody has any more.
        o.reset();
        r.call.reset();
        next.reset();
        REQUIRE(known.expired());
      }
    }
  }
}
