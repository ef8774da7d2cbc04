// SPDX-License-Identifier: BSL-1.0

// Queues between processes, CPython's and ours: multiprocessing.queues. Each is a pipe with a lock
// at either end, so that items of any size arrive whole.
//
//   put: [semaphore that counts room] -> buffer -> feeder thread -> lock -> frame
//   get: lock -> frame -> [semaphore]
//
// A process that dies while it has one of these locks holds nobody up, unless it was amid a message
// or is one of CPython's (queue_lock.hpp). Where it was amid a message whoever waits for the lock
// gets std::system_error `owner_dead`.

#ifndef PICKLED_PROCESS_QUEUES_HPP
#define PICKLED_PROCESS_QUEUES_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/process/pipe.hpp"
#include "pickled/process/queue_lock.hpp"
#include "pickled/process/synchronize.hpp"
#include "pickled/value/buffer.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

namespace pickled::inline v0::detail {
class queue_reader;
}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// A pipe that many processes read and write. Copies are the same queue. Any thread may use it.
class simple_queue {
 public:
  simple_queue() = default;
  static simple_queue create();

  // Blocks while the pipe is full.
  template <class T>
  void put(const T& item) const {
    put_bytes(dumps(item));
  }
  // Blocks until there is an item. Nothing is locked while there is none, so that a process may be
  // killed as it waits. Throws `connection_errc::end_of_file` where nobody is left that could put.
  template <class T = pickled::value>
  T get() const {
    const buffer item = get_bytes();
    return loads<T>(item.view());
  }
  // The same for items that are pickled already.
  void put_bytes(bytes_view item) const;
  // `glances`, if any, is called twice a second while there is none.
  buffer get_bytes(const std::function<void()>& glances = {}) const;
  // Where a process has died with the lock of those that put, between two items, it is free again.
  void free_writers() const;

  bool empty() const;
  void close() const noexcept;

  const connection& reader() const noexcept;
  const connection& writer() const noexcept { return writer_; }

 private:
  friend value_view to_value(const simple_queue& from, value_builder& b);
  friend void from_value(value_view v, simple_queue& to);

  std::shared_ptr<const detail::queue_reader> in_;
  connection writer_;
  queue_lock wlock_;
};

// A queue that may be bounded, and whose put never waits for the other end of the pipe: what does
// not fit there is kept, and a thread feeds it in. The last copy to go waits until all of it is
// fed, as a process of CPython's does when it ends.
//
// The try_ functions give up where Python raises queue.Empty or queue.Full. Everything throws
// python_error ValueError once the queue was closed, and std::system_error where the pipe fails; an
// item that the thread could not feed is dropped, and the next put or join_thread tells.
class queue {
 public:
  queue() = default;
  // 0 for no bound.
  static queue create(int maxsize = 0);

  template <class T>
  void put(const T& item) const {
    put_bytes(dumps(item), std::nullopt);
  }
  template <class T>
  bool try_put(const T& item) const {
    return put_bytes(dumps(item), std::chrono::steady_clock::time_point());
  }
  template <class T, class Rep, class Period>
  bool try_put_for(const T& item, const std::chrono::duration<Rep, Period>& timeout) const {
    return put_bytes(dumps(item), deadline_after(timeout));
  }
  template <class T = pickled::value>
  T get() const {
    const auto item = get_bytes(std::nullopt);
    return loads<T>(item->view());
  }
  template <class T = pickled::value>
  std::optional<T> try_get() const {
    return get_until<T>(std::chrono::steady_clock::time_point());
  }
  template <class T = pickled::value, class Rep, class Period>
  std::optional<T> try_get_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return get_until<T>(deadline_after(timeout));
  }
  // The same for items that are pickled already; false and nullopt where the time has passed.
  bool put_bytes(buffer item, const deadline& until) const;
  std::optional<buffer> get_bytes(const deadline& until) const;

  std::size_t size() const;
  bool empty() const;
  bool full() const;

  // Nothing more is put by this process.
  void close() const;
  // Blocks until what was put is in the pipe. Precondition: closed.
  void join_thread() const;
  // Neither this process nor the last copy waits for what is not in the pipe: it is lost.
  void cancel_join_thread() const;

 protected:
  struct state;

  std::shared_ptr<state> state_;

 private:
  friend value_view to_value(const queue& from, value_builder& b);
  friend void from_value(value_view v, queue& to);

  template <class T>
  std::optional<T> get_until(const deadline& until) const {
    const auto item = get_bytes(until);
    if (!item) return std::nullopt;
    return loads<T>(item->view());
  }
};

// Counts what was put and is not yet done with. Its items are done with by task_done.
class joinable_queue : public queue {
 public:
  joinable_queue() = default;
  static joinable_queue create(int maxsize = 0);

  // An item that was got is done with. Throws python_error ValueError where all are already.
  void task_done() const;
  // Blocks until every item that was put is done with.
  void join() const;

 private:
  friend value_view to_value(const joinable_queue& from, value_builder& b);
  friend void from_value(value_view v, joinable_queue& to);
};

// While a process is spawned only, as in CPython: python_error RuntimeError at any other time.
value_view to_value(const simple_queue& from, value_builder& b);
value_view to_value(const queue& from, value_builder& b);
value_view to_value(const joinable_queue& from, value_builder& b);
void from_value(value_view v, simple_queue& to);
void from_value(value_view v, queue& to);
void from_value(value_view v, joinable_queue& to);

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_QUEUES_HPP
