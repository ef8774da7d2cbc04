// SPDX-License-Identifier: BSL-1.0

// Random calls and events, against models that are too simple to be wrong: each call is a number,
// and what it prints is predicted after every step.

#include "server/sync/condition_object.hpp"
#include "server/sync/queue_object.hpp"
#include "server/sync/semaphore_object.hpp"
#include "tests/server/types/client.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <random>
#include <set>

using namespace pickled;
using namespace pickled::detail;
using testing::client;
using testing::made_call;

namespace {

constexpr int seeds = 100;
constexpr int steps = 300;

// What every model has: the calls made so far, and what they should print by now.
class world {
 public:
  explicit world(unsigned seed) : random_(seed) {}
  ~world() {
    for (const made_call& c : calls_)
      if (c.pending() != nullptr) c.withdraw();
  }

 protected:
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  std::size_t made(made_call call) {
    calls_.push_back(std::move(call));
    expected_.emplace_back("None");
    return calls_.size() - 1;
  }
  const made_call& call(std::size_t id) const { return calls_[id]; }
  void expect(std::size_t id, std::string text) { expected_[id] = std::move(text); }
  template <class Ids>
  std::size_t any_of(const Ids& ids) {
    return *std::next(ids.begin(), static_cast<std::ptrdiff_t>(below(ids.size())));
  }
  void check() const {
    for (std::size_t id = 0; id < calls_.size(); ++id)
      if (calls_[id].text() != expected_[id]) CHECK(calls_[id].text() == expected_[id]);
  }

 private:
  std::mt19937 random_;
  std::vector<made_call> calls_;
  std::vector<std::string> expected_;
};

class queue_world : public world {
 public:
  explicit queue_world(unsigned seed) : world(seed), maxsize_(below(4)) {
    object_ = std::make_shared<queue_object>(maxsize_);
  }

  void run() {
    for (int step = 0; step < steps; ++step) {
      switch (below(8)) {
        case 0: put(true); break;
        case 1: get(true); break;
        case 2: below(2) == 0 ? put(false) : get(false); break;
        case 3: below(2) == 0 ? join() : task_done(); break;
        case 4: end_wait(false); break;
        case 5: end_wait(true); break;
        case 6: give_back(); break;
        default: read(); break;
      }
      CHECK(caller_(object_, "qsize") == std::to_string(items_.size()));
      check();
    }
  }

 private:
  bool full() const { return maxsize_ != 0 && items_.size() >= maxsize_; }

  void insert(std::size_t number) {
    if (getters_.empty()) {
      items_.insert(number);
      return;
    }
    hand_over(getters_.front(), number);
    getters_.pop_front();
  }
  void hand_over(std::size_t getter, std::size_t number) {
    expect(getter, std::to_string(values_.at(number)));
    unread_[getter] = number;
  }
  void put_now(int value) {
    values_[++last_] = value;
    ++unfinished_;
    insert(last_);
  }

  void put(bool block) {
    const int value = ++last_value_;
    const std::size_t id = made(caller_(object_, "put", value, block));
    if (!full()) {
      put_now(value);
    } else if (block) {
      expect(id, "waits");
      putters_.emplace_back(id, value);
    } else {
      expect(id, "queue.Full");
    }
  }
  void get(bool block) {
    const std::size_t id = made(caller_(object_, "get", block));
    if (!items_.empty()) {
      hand_over(id, *items_.begin());
      items_.erase(items_.begin());
      admit();
    } else if (block) {
      expect(id, "waits");
      getters_.push_back(id);
    } else {
      expect(id, "queue.Empty");
    }
  }
  void admit() {
    while (!putters_.empty() && !full()) {
      expect(putters_.front().first, "None");
      put_now(putters_.front().second);
      putters_.pop_front();
    }
  }
  void join() {
    const std::size_t id = made(caller_(object_, "join"));
    if (unfinished_ == 0) return;
    expect(id, "waits");
    joiners_.push_back(id);
  }
  void task_done() {
    const std::size_t id = made(caller_(object_, "task_done"));
    if (unfinished_ == 0) {
      expect(id, "ValueError: task_done() called too many times");
    } else if (--unfinished_ == 0) {
      for (const std::size_t joiner : joiners_)
        expect(joiner, "None");
      joiners_.clear();
    }
  }
  void end_wait(bool withdrawn) {
    if (!getters_.empty()) {
      const std::size_t id = any_of(getters_);
      withdrawn ? call(id).withdraw() : call(id).expire();
      if (!withdrawn) expect(id, "queue.Empty");
      std::erase(getters_, id);
    }
    if (!putters_.empty()) {
      const std::size_t id = putters_.back().first;
      withdrawn ? call(id).withdraw() : call(id).expire();
      if (!withdrawn) expect(id, "queue.Full");
      putters_.pop_back();
    }
  }
  void give_back() {
    if (unread_.empty()) return;
    const auto [id, number] =
        *std::next(unread_.begin(), static_cast<std::ptrdiff_t>(below(unread_.size())));
    unread_.erase(id);
    call(id).give_back();
    insert(number);
  }
  void read() { unread_.clear(); }

  const client caller_{1};
  const std::size_t maxsize_;
  std::shared_ptr<hosted> object_;
  std::map<std::size_t, int> values_;          // by number
  std::set<std::size_t> items_;                // numbers
  std::map<std::size_t, std::size_t> unread_;  // getters and their numbers
  std::deque<std::size_t> getters_;
  std::deque<std::pair<std::size_t, int>> putters_;
  std::vector<std::size_t> joiners_;
  std::size_t last_ = 0;
  std::size_t unfinished_ = 0;
  int last_value_ = 0;
};

class semaphore_world : public world {
 public:
  explicit semaphore_world(unsigned seed) : world(seed), value_(below(3)) {
    object_ = std::make_shared<semaphore_object>(static_cast<std::int64_t>(value_), false);
  }

  void run() {
    for (int step = 0; step < steps; ++step) {
      switch (below(6)) {
        case 0: acquire(false); break;
        case 1: acquire(true); break;
        case 2: release(1 + below(2)); break;
        case 3: end_wait(below(2) == 0); break;
        case 4: give_back(); break;
        default: unread_.clear(); break;
      }
      CHECK(object_->repr(100).ends_with(": value=" + std::to_string(value_) + ">"));
      check();
    }
  }

 private:
  void acquire(bool block) {
    const std::size_t id = made(caller_(object_, "acquire", block));
    line_.push_back(id);
    expect(id, "waits");
    serve();
    if (block || line_.empty() || line_.back() != id) return;
    line_.pop_back();
    expect(id, "False");
  }
  void release(std::size_t count) {
    made(caller_(object_, "release", static_cast<int>(count)));
    value_ += count;
    serve();
  }
  void serve() {
    for (; value_ > 0 && !line_.empty(); --value_) {
      expect(line_.front(), "True");
      unread_.insert(line_.front());
      line_.pop_front();
    }
  }
  void end_wait(bool withdrawn) {
    if (line_.empty()) return;
    const std::size_t id = any_of(line_);
    withdrawn ? call(id).withdraw() : call(id).expire();
    if (!withdrawn) expect(id, "False");
    std::erase(line_, id);
  }
  void give_back() {
    if (unread_.empty()) return;
    const std::size_t id = any_of(unread_);
    unread_.erase(id);
    call(id).withdraw();
    ++value_;
    serve();
  }

  const client caller_{1};
  std::size_t value_;
  std::shared_ptr<hosted> object_;
  std::deque<std::size_t> line_;
  std::set<std::size_t> unread_;
};

// A Condition with an RLock of its own. Every client has at most one call under way.
class condition_world : public world {
 public:
  using world::world;

  void run() {
    for (int step = 0; step < steps; ++step) {
      const std::size_t who = below(clients);
      if (under_way_[who])
        below(2) == 0 ? expire(who) : withdraw(who);
      else if (owner_ == who)
        act_as_owner(who);
      else
        acquire(who);
      check();
    }
  }

 private:
  static constexpr std::size_t clients = 5;
  static constexpr std::size_t nobody = clients;

  struct acquirer {
    std::size_t who;
    std::size_t count;
    const char* answer;
  };

  std::size_t ask(std::size_t who, const char* method) {
    return made(client(who + 1)(object_, method));
  }

  void acquire(std::size_t who) {
    under_way_[who] = ask(who, "acquire");
    is_wait_[who] = false;
    in_line(who, 1, "True");
  }
  void act_as_owner(std::size_t who) {
    switch (below(5)) {
      case 0:
        expect(ask(who, "acquire"), "True");
        ++count_;
        break;
      case 1:
        under_way_[who] = ask(who, "wait");
        is_wait_[who] = true;
        expect(*under_way_[who], "waits");
        waiters_.emplace_back(who, count_);
        free();
        break;
      case 2:
        ask(who, "notify");
        notify();
        break;
      default:
        ask(who, "release");
        if (--count_ == 0) free();
        break;
    }
  }
  void expire(std::size_t who) {
    call(*under_way_[who]).expire();
    for (const auto& [waiting, count] : waiters_) {
      if (waiting != who) continue;
      const std::size_t levels = count;
      std::erase_if(waiters_, [&](const auto& w) { return w.first == who; });
      in_line(who, levels, "False");
      return;
    }
    // A wait that was notified has to get the lock; an acquire ends.
    if (is_wait_[who]) return;
    expect(*under_way_[who], "False");
    leave(who);
  }
  void withdraw(std::size_t who) {
    call(*under_way_[who]).withdraw();
    const bool waited = std::erase_if(waiters_, [&](const auto& w) { return w.first == who; }) != 0;
    const bool notified = !waited && is_wait_[who] && answer_of(who) == "True";
    leave(who);
    if (notified) notify();
  }
  void notify() {
    if (waiters_.empty()) return;
    const auto [who, count] = waiters_.front();
    waiters_.pop_front();
    in_line(who, count, "True");
  }

  void in_line(std::size_t who, std::size_t count, const char* answer) {
    expect(*under_way_[who], "waits");
    line_.push_back({who, count, answer});
    serve();
  }
  void serve() {
    if (owner_ != nobody || line_.empty()) return;
    const acquirer next = line_.front();
    line_.pop_front();
    owner_ = next.who;
    count_ = next.count;
    expect(*under_way_[owner_], next.answer);
    under_way_[owner_].reset();
  }
  void free() {
    owner_ = nobody;
    serve();
  }
  void leave(std::size_t who) {
    std::erase_if(line_, [&](const acquirer& a) { return a.who == who; });
    under_way_[who].reset();
  }
  std::string answer_of(std::size_t who) const {
    for (const acquirer& a : line_)
      if (a.who == who) return a.answer;
    return "";
  }

  std::shared_ptr<hosted> object_ = testing::make<condition_object>();
  std::optional<std::size_t> under_way_[clients];
  bool is_wait_[clients] = {};
  std::size_t owner_ = nobody;
  std::size_t count_ = 0;
  std::deque<acquirer> line_;
  std::deque<std::pair<std::size_t, std::size_t>> waiters_;
};

template <class World>
void run_worlds() {
  for (unsigned seed = 0; seed < seeds; ++seed) {
    INFO("seed " << seed);
    World(seed).run();
  }
}

}  // namespace

TEST_CASE("a queue behaves as its model", "[server]") {
  run_worlds<queue_world>();
}
TEST_CASE("a semaphore behaves as its model", "[server]") {
  run_worlds<semaphore_world>();
}
TEST_CASE("a condition behaves as its model", "[server]") {
  run_worlds<condition_world>();
}
