// SPDX-License-Identifier: BSL-1.0

#include "server/sync/waiter.hpp"

#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace {

using namespace pickled;
using namespace pickled::detail;

class nothing final : public hosted {
 public:
  std::span<const method_entry> methods() const noexcept override { return {}; }
  std::string repr(std::size_t) const override { return "nothing"; }
  void write_value(splicer&) const override {}
};

std::shared_ptr<waiter> make_waiter(std::function<void()> wake = {},
                                    std::shared_ptr<hosted> home = nullptr) {
  return std::make_shared<waiter>(std::move(home), owner{}, std::nullopt, std::move(wake));
}

}  // namespace

TEST_CASE("a wait queue hands out waiters in the order in which they came", "[server]") {
  wait_queue queue;
  const auto a = make_waiter();
  const auto b = make_waiter();
  const auto c = make_waiter();
  for (const auto& w : {a, b, c})
    queue.push_back(w);
  CHECK(queue.size() == 3);
  CHECK(queue.front() == a.get());
  CHECK(queue.pop_front() == a);
  CHECK(queue.pop_front() == b);
  CHECK(queue.pop_front() == c);
  CHECK(queue.pop_front() == nullptr);
  CHECK(queue.empty());
}

TEST_CASE("a waiter can leave a wait queue from any place", "[server]") {
  for (const std::size_t leaving : {0U, 1U, 2U}) {
    wait_queue queue;
    std::vector<std::shared_ptr<waiter>> waiters{make_waiter(), make_waiter(), make_waiter()};
    for (const auto& w : waiters)
      queue.push_back(w);
    CHECK(queue.remove(*waiters[leaving]) == waiters[leaving]);
    CHECK(waiters[leaving]->queue == nullptr);
    queue.push_back(waiters[leaving]);
    waiters.push_back(waiters[leaving]);
    waiters.erase(waiters.begin() + static_cast<std::ptrdiff_t>(leaving));
    for (const auto& w : waiters)
      CHECK(queue.pop_front() == w);
    CHECK(queue.empty());
  }
}

TEST_CASE("a wait queue keeps its waiters alive, and lets go of a long one", "[server]") {
  std::weak_ptr<waiter> watch;
  {
    wait_queue queue;
    watch = make_waiter();
    CHECK(watch.expired());
    for (int i = 0; i < 1'000'000; ++i) {
      auto w = make_waiter();
      watch = w;
      queue.push_back(std::move(w));
    }
    CHECK_FALSE(watch.expired());
  }
  CHECK(watch.expired());
}

TEST_CASE("a waiter that was never queued is decided at once", "[server]") {
  bool woken = false;
  const auto w = make_waiter([&] { woken = true; });
  w->grant(frozen::integer(1));
  CHECK(w->at_once());
  CHECK_FALSE(woken);
  CHECK(testing::text_of(w->result()) == "1");
}

TEST_CASE("decided waiters are woken once, in order, after the mutex is unlocked", "[server]") {
  std::mutex mutex;
  std::string order;
  const auto wake = [&](char name) {
    return [&, name] {
      const bool unlocked = mutex.try_lock();
      CHECK(unlocked);
      if (unlocked) mutex.unlock();
      order += name;
    };
  };
  const auto a = make_waiter(wake('a'));
  const auto b = make_waiter(wake('b'));
  const auto c = make_waiter(wake('c'));
  wait_queue queue;
  for (const auto& w : {a, b, c})
    queue.push_back(w);
  {
    decided_waiters decided;
    const std::lock_guard guard(mutex);
    decided.grant(queue.pop_front(), frozen::boolean(true));
    decided.expire(queue.pop_front(), std::make_shared<python_error>("queue.Empty"));
    decided.withdraw(queue.pop_front());
    CHECK(order.empty());
  }
  CHECK(order == "ab");
  CHECK(a->current() == waiter::state::granted);
  CHECK(b->current() == waiter::state::expired);
  CHECK(c->current() == waiter::state::withdrawn);
  CHECK_FALSE(a->at_once());
  CHECK(testing::text_of(a->result()) == "True");
  CHECK(testing::text_of(b->result()) == "queue.Empty");
}

TEST_CASE("what a decided waiter keeps alive goes after the mutex is unlocked", "[server]") {
  auto home = std::make_shared<nothing>();
  const std::weak_ptr<hosted> watch = home;
  auto w = make_waiter({}, std::move(home));
  wait_queue queue;
  queue.push_back(std::move(w));
  std::mutex mutex;
  {
    decided_waiters decided;
    const std::lock_guard guard(mutex);
    decided.withdraw(queue.pop_front());
    CHECK_FALSE(watch.expired());
  }
  CHECK(watch.expired());
}

TEST_CASE("a woken waiter lets go of what its wake function keeps", "[server]") {
  auto session = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = session;
  const auto w = make_waiter([session = std::move(session)] {});
  wait_queue queue;
  queue.push_back(w);
  {
    decided_waiters decided;
    decided.grant(queue.pop_front(), frozen::none());
  }
  CHECK(watch.expired());
}
