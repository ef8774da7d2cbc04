// SPDX-License-Identifier: BSL-1.0

// queue.Queue, which is also what a manager's JoinableQueue is, and what the other queues of that
// module have of it.
//
// Items are numbered as they come in. One that was handed to a session which never read it goes
// back to its old place, be the queue full or not: nobody notices that it was away, but that
// qsize() did not count it. It stays an unfinished task all the time.
//
// An item is in one node from the call that brings it until it is delivered: whoever waits to put
// has its node already, and who was granted an item keeps the node for as long as it may have to go
// back. So letting somebody in, and giving back, need no memory.

#ifndef PICKLED_SERVER_SYNC_QUEUE_OBJECT_HPP
#define PICKLED_SERVER_SYNC_QUEUE_OBJECT_HPP

#include "server/sync/holdings.hpp"
#include "server/sync/waiter.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

class queue_object : public hosted {
 public:
  // `maxsize` of 0 is no limit.
  explicit queue_object(std::size_t maxsize) noexcept : queue_object(maxsize, is_older) {}
  // Queue(maxsize=0), and the same of another kind of queue.
  static std::shared_ptr<hosted> create(arguments& args) { return make<queue_object>(args); }
  template <class Kind>
  static std::shared_ptr<hosted> make(arguments& args) {
    return std::make_shared<Kind>(maxsize_argument(args));
  }
  static std::span<const method_entry> table() noexcept;

  void empty(call& c);
  void full(call& c);
  void get(call& c);
  void get_nowait(call& c);
  void join(call& c);
  void put(call& c);
  void put_nowait(call& c);
  void qsize(call& c);
  void shutdown(call& c);
  void task_done(call& c);

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string repr(std::size_t limit) const final;
  void write_value(splicer& out) const override;
  std::size_t weight() const noexcept final { return held_.bytes(); }
  void for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const final;

 protected:
  struct entry {
    std::uint64_t number = 0;
    frozen item;
    bool returned = false;  // and not to be compared: it stands before all others
  };
  // Whether `a` stands before `b`, by their items and numbers. Throws python_error where Python
  // cannot compare them.
  using order = bool (*)(const entry& a, const entry& b);
  static bool is_older(const entry& a, const entry& b) { return a.number < b.number; }

  queue_object(std::size_t maxsize, order stands_before) noexcept
      : maxsize_(maxsize), items_(before{stands_before}) {}

  // What the kinds of queues differ in besides.
  virtual std::string_view class_name() const noexcept { return "queue.Queue"; }
  virtual bool takes_last() const noexcept { return false; }

 private:
  struct before {
    order others;
    bool operator()(const entry& a, const entry& b) const {
      if (a.returned != b.returned) return a.returned;
      return a.returned ? is_older(a, b) : others(a, b);
    }
  };
  using entries = std::set<entry, before>;
  using node = entries::node_type;
  // Whoever waits here. `place` is full while a putter waits, and once a getter was granted.
  struct waiting_caller : waiter {
    using waiter::waiter;
    node place;
  };
  // The node of an entry, and what the memory around it takes.
  static constexpr std::size_t entry_memory = sizeof(entry) + 6 * sizeof(void*);

  void on_expire(waiter& w, decided_waiters& decided) override;
  void on_withdraw(waiter& w, decided_waiters& decided) override;
  void on_give_back(waiter& w, decided_waiters& decided) override { on_withdraw(w, decided); }

  void get_item(call& c, bool block, const frozen* timeout);
  void put_item(call& c, frozen& item, bool block, const frozen* timeout);

  // All under the mutex.
  static std::size_t maxsize_argument(arguments& args);
  bool is_full() const noexcept { return maxsize_ != 0 && items_.size() >= maxsize_; }
  node make_place(frozen item) const;
  // To the getter who is first in line, or among the items: then it may throw python_error, and
  // nothing has changed.
  void insert(node& place, decided_waiters& decided);
  // The same for an item that was there before.
  void put_back(node& place, decided_waiters& decided) noexcept;
  node take();
  // Lets those in who wait to put, as far as there is room.
  void admit(decided_waiters& decided) noexcept;
  void finish_tasks(std::size_t count, decided_waiters& decided) noexcept;

  const std::size_t maxsize_;
  entries items_;
  holdings held_{entry_memory};
  std::uint64_t last_number_ = 0;
  std::size_t unfinished_ = 0;
  bool is_shut_down_ = false;
  bool is_discarded_ = false;  // shutdown(immediate=True)
  // Somebody waits to get only while the queue is empty, and to put only while it is full.
  wait_queue getters_;
  wait_queue putters_;
  wait_queue joiners_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SYNC_QUEUE_OBJECT_HPP
