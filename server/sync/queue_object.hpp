// SPDX-License-Identifier: BSL-1.0

// queue.Queue, which is also what a manager's JoinableQueue is, and what the other queues of that
// module have of it.
//
// Items are numbered as they come in. One that was handed to a session which never read it goes
// back to its old place, be the queue full or not: nobody notices that it was away, but that
// qsize() did not count it. It is still an unfinished task.

#ifndef PICKLED_SERVER_SYNC_QUEUE_OBJECT_HPP
#define PICKLED_SERVER_SYNC_QUEUE_OBJECT_HPP

#include "server/sync/holdings.hpp"
#include "server/sync/waiter.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace pickled {

class queue_object : public hosted {
 public:
  // `maxsize` of 0 is no limit.
  explicit queue_object(std::size_t maxsize) noexcept : maxsize_(maxsize) {}
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
    std::uint64_t number;
    frozen item;
  };

  // What the kinds of queues differ in; all under the mutex.
  virtual std::string_view class_name() const noexcept { return "queue.Queue"; }
  virtual std::size_t size() const noexcept { return items_.size(); }
  // By its number, or as the queue orders its items. Throws python_error where it cannot; then
  // nothing is changed.
  virtual void store(entry e);
  // Precondition: size() is not 0.
  virtual entry take_next() { return take_first(); }
  virtual void for_each(const std::function<void(const entry&)>& visit) const;
  // Takes all of it, to be destroyed later.
  virtual std::shared_ptr<void> take_all();

  static std::size_t maxsize_argument(arguments& args);
  entry take_first();
  entry take_last();

 private:
  void on_expire(waiter& w, decided_waiters& decided) override;
  void on_withdraw(waiter& w, decided_waiters& decided) override;
  void on_give_back(waiter& w, decided_waiters& decided) override { on_withdraw(w, decided); }

  void get_item(call& c, bool block, const frozen* timeout);
  void put_item(call& c, frozen& item, bool block, const frozen* timeout);

  // All under the mutex.
  bool is_full() const noexcept { return maxsize_ != 0 && size() >= maxsize_; }
  // To the getter who is first in line, or to the place of `number`.
  void insert(std::uint64_t number, frozen item, decided_waiters& decided);
  entry take();
  // Lets those in who wait to put, as far as there is room.
  void admit(decided_waiters& decided);
  void finish_tasks(std::size_t count, decided_waiters& decided);

  const std::size_t maxsize_;
  std::deque<entry> items_;
  holdings held_;
  std::uint64_t last_number_ = 0;
  std::size_t unfinished_ = 0;
  bool is_shut_down_ = false;
  bool is_discarded_ = false;  // shutdown(immediate=True)
  // Somebody waits to get only while the queue is empty, and to put only while it is full.
  wait_queue getters_;
  wait_queue putters_;
  wait_queue joiners_;
};

}  // namespace pickled

#endif  // PICKLED_SERVER_SYNC_QUEUE_OBJECT_HPP
