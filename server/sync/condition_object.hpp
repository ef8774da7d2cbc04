// SPDX-License-Identifier: BSL-1.0

// threading.Condition, with a lock of its own (an RLock) or a managed Lock, RLock or semaphore.
//
//   waiters ──notify──▶ acquirers of the lock ──▶ granted True
//      └─────deadline─▶ acquirers of the lock ──▶ granted False
//
// All of it is guarded by the mutex of the lock. A session that dies after it was notified, and
// before it read so, passes the notification to the next waiter.

#ifndef PICKLED_SERVER_SYNC_CONDITION_OBJECT_HPP
#define PICKLED_SERVER_SYNC_CONDITION_OBJECT_HPP

#include "server/sync/acquirable.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace pickled::inline v0::detail {

class condition_object final : public hosted {
 public:
  condition_object(std::shared_ptr<acquirable> lock, bool own_lock) noexcept
      : hosted(*lock), lock_(std::move(lock)), own_lock_(own_lock) {}
  // Condition(lock=None).
  static std::shared_ptr<hosted> create(arguments& args);
  static std::span<const method_entry> table() noexcept;

  void acquire(call& c) { lock_->acquire(c); }
  void release(call& c) { lock_->release(c); }
  void locked(call& c) { lock_->locked(c); }
  void wait(call& c);
  void notify(call& c);
  void notify_all(call& c);

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string repr(std::size_t limit) const override;
  void write_value(splicer& out) const override { lock_->write_value(out); }
  // That of a lock of its own; a managed one has its own policy.
  void set_holder_death(holder_death policy) noexcept override;

 private:
  void on_expire(waiter& w, decided_waiters& decided) override;
  void on_withdraw(waiter& w, decided_waiters& decided) override;
  void on_give_back(waiter& w, decided_waiters& decided) override { on_withdraw(w, decided); }
  // The lock may have outlived its own place among the hosted objects.
  settlement on_owner_gone(const owner& gone, departure how, decided_waiters& decided) override {
    return lock_->on_owner_gone(gone, how, decided);
  }
  // Under the mutex.
  void notify_first(decided_waiters& decided);
  void check_owned(const call& c, const char* what) const;

  const std::shared_ptr<acquirable> lock_;
  const bool own_lock_;
  wait_queue waiters_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SYNC_CONDITION_OBJECT_HPP
