// SPDX-License-Identifier: BSL-1.0

// Locks between processes, CPython's and ours: multiprocessing.synchronize, over the POSIX
// semaphores that have a name (Modules/_multiprocessing/semaphore.c).
//
//   auto lock = pickled::multiprocessing::lock::create();
//   const std::lock_guard guard(lock);
//
// What all processes share is the semaphore's value alone; who acquired it is known only within
// each. So nothing frees what a dead process had acquired.

#ifndef PICKLED_PROCESS_SYNCHRONIZE_HPP
#define PICKLED_PROCESS_SYNCHRONIZE_HPP

#include "pickled/process/deadline.hpp"
#include "pickled/value/value.hpp"

#include <chrono>
#include <memory>
#include <string>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// One named semaphore: _multiprocessing.SemLock. Copies are the same object, and so are all that
// are read of one name in this process; the process that created it removes the name when the last
// of them goes. Any thread may use it. Meets TimedLockable, so that std::unique_lock takes it.
//
// A copy made by default refers to nothing, and only may be assigned to.
class sem_lock {
 public:
  enum class kind : int {
    recursive_mutex,  // belongs to the thread that acquired it
    semaphore,
  };
  static constexpr int longest = 2147483647;  // SEM_VALUE_MAX

  sem_lock() = default;
  // Throws std::system_error where there is no /dev/shm, or no room in it.
  static sem_lock create(kind what, int value, int maxvalue);
  // The one that another process made. Throws std::system_error where it is gone.
  static sem_lock open(kind what, int maxvalue, const std::string& name);

  explicit operator bool() const noexcept { return state_ != nullptr; }
  kind what() const noexcept;
  int maxvalue() const noexcept;
  const std::string& name() const noexcept;

  void acquire() const { acquire_until(std::nullopt); }
  // Whether it was acquired in time.
  bool acquire_until(const deadline& until) const;
  bool try_acquire() const;
  // Throws python_error ValueError or AssertionError where it was not acquired.
  void release() const;

  void lock() const { acquire(); }
  bool try_lock() const { return try_acquire(); }
  template <class Rep, class Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return acquire_until(deadline_after(timeout));
  }
  template <class Clock, class Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& until) const {
    return try_lock_for(until - Clock::now());
  }
  void unlock() const { release(); }

  // This thread has it instead of a process that died with it: what follows is for who knows that.
  void adopt() const noexcept;

  // How often this process has it, and whether this thread is the one that acquired it last.
  int count() const noexcept;
  bool is_mine() const noexcept;
  int get_value() const;
  bool is_zero() const { return get_value() == 0; }

 private:
  struct state;
  explicit sem_lock(std::shared_ptr<state> of) noexcept : state_(std::move(of)) {}

  std::shared_ptr<state> state_;
};

// multiprocessing.Lock: any thread or process may release it. (A class of the name `lock` could
// have no function of that name, which std::lock_guard calls.)
class non_recursive_lock : public sem_lock {
 public:
  non_recursive_lock() = default;
  explicit non_recursive_lock(sem_lock of) noexcept : sem_lock(std::move(of)) {}
  static non_recursive_lock create() {
    return non_recursive_lock(sem_lock::create(kind::semaphore, 1, 1));
  }
};
using lock = non_recursive_lock;

// multiprocessing.RLock: belongs to the thread that acquired it, which may do so again and has to
// release it as often.
class rlock : public sem_lock {
 public:
  rlock() = default;
  explicit rlock(sem_lock of) noexcept : sem_lock(std::move(of)) {}
  static rlock create() { return rlock(sem_lock::create(kind::recursive_mutex, 1, 1)); }
};

// By the names of std::counting_semaphore too.
class semaphore : public sem_lock {
 public:
  semaphore() = default;
  explicit semaphore(sem_lock of) noexcept : sem_lock(std::move(of)) {}
  static semaphore create(int value = 1) {
    return semaphore(sem_lock::create(kind::semaphore, value, longest));
  }

  template <class Rep, class Period>
  bool try_acquire_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return try_lock_for(timeout);
  }
};

// release() beyond the initial value throws python_error ValueError.
class bounded_semaphore : public semaphore {
 public:
  bounded_semaphore() = default;
  explicit bounded_semaphore(sem_lock of) noexcept : semaphore(std::move(of)) {}
  static bounded_semaphore create(int value = 1) {
    return bounded_semaphore(sem_lock::create(kind::semaphore, value, value));
  }
};

// It is locked itself:
//
//   std::unique_lock lock(condition);
//   while (!ready()) condition.wait();
class condition {
 public:
  condition() = default;
  // With a lock of its own, which is an RLock, or with one that is shared.
  static condition create();
  static condition create(const sem_lock& with);

  void lock() const { lock_.lock(); }
  bool try_lock() const { return lock_.try_lock(); }
  template <class Rep, class Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return lock_.try_lock_for(timeout);
  }
  void unlock() const { lock_.unlock(); }

  // Each throws python_error AssertionError where this thread has not acquired the lock.
  void wait() const { wait_until(std::nullopt); }
  // False where the time passed without a notification.
  bool wait_until(const deadline& until) const;
  template <class Rep, class Period>
  bool wait_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return wait_until(deadline_after(timeout));
  }
  // For who has the lock by other means: `held` is unlocked meanwhile, as by
  // std::condition_variable_any. Precondition: it is locked, once.
  template <class Lock>
  void wait_with(const Lock& held) const {
    sleeping_count_.release();
    held.unlock();
    wait_semaphore_.acquire();
    woken_count_.release();
    held.lock();
  }
  // Whether `ready` was true in the end.
  template <class Predicate>
  bool wait_until(const deadline& until, Predicate ready) const {
    while (!ready()) {
      if (until && std::chrono::steady_clock::now() >= *until) return false;
      wait_until(until);
    }
    return true;
  }
  void notify_one() const { notify(1); }
  void notify(int count) const;
  void notify_all() const { notify(sem_lock::longest); }

  const sem_lock& lock_of() const noexcept { return lock_; }

 private:
  friend value_view to_value(const condition& from, value_builder& b);
  friend void from_value(value_view v, condition& to);

  sem_lock lock_;
  semaphore sleeping_count_;
  semaphore woken_count_;
  semaphore wait_semaphore_;
};

class event {
 public:
  event() = default;
  static event create();

  bool is_set() const;
  void set() const;
  void clear() const;
  void wait() const { wait_until(std::nullopt); }
  // Whether it was set in time.
  bool wait_until(const deadline& until) const;
  template <class Rep, class Period>
  bool wait_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return wait_until(deadline_after(timeout));
  }

 private:
  friend value_view to_value(const event& from, value_builder& b);
  friend void from_value(value_view v, event& to);

  bool flagged() const;

  condition cond_;
  semaphore flag_;
};

// While a process is spawned only, as in CPython: python_error RuntimeError at any other time.
value_view to_value(const lock& from, value_builder& b);
value_view to_value(const rlock& from, value_builder& b);
value_view to_value(const semaphore& from, value_builder& b);
value_view to_value(const bounded_semaphore& from, value_builder& b);
value_view to_value(const condition& from, value_builder& b);
value_view to_value(const event& from, value_builder& b);
// Throw conversion_error also for a lock without a name, as those of fork are.
void from_value(value_view v, lock& to);
void from_value(value_view v, rlock& to);
void from_value(value_view v, semaphore& to);  // also of a BoundedSemaphore
void from_value(value_view v, bounded_semaphore& to);
void from_value(value_view v, condition& to);
void from_value(value_view v, event& to);

// A Lock or an RLock, where either may stand.
value_view write_either(const sem_lock& from, value_builder& b);
sem_lock read_either(value_view v);

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_SYNCHRONIZE_HPP
