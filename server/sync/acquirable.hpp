// SPDX-License-Identifier: BSL-1.0

// What Lock, RLock and the semaphores have in common: acquirers who wait in line, what happens
// when a holder is gone, and what a Condition needs of its lock. A Condition uses the mutex of its
// lock as its own, so that no thread ever needs two.

#ifndef PICKLED_SERVER_SYNC_ACQUIRABLE_HPP
#define PICKLED_SERVER_SYNC_ACQUIRABLE_HPP

#include "server/sync/waiter.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

class acquirable : public hosted {
 public:
  virtual void acquire(call& c) = 0;
  virtual void release(call& c) = 0;
  virtual void locked(call& c) = 0;

  std::string repr(std::size_t limit) const final;
  void write_value(splicer& out) const final;
  void set_holder_death(holder_death policy) noexcept final { policy_ = policy; }

  // For this, and for Conditions, which pass on what was asked of them; all under the mutex.
  settlement on_owner_gone(const owner& gone, departure how, decided_waiters& decided) final;
  // repr().
  virtual std::string text() const = 0;
  // The class in it that Python cannot pickle.
  virtual std::string_view unpicklable() const noexcept { return "_thread.lock"; }
  // Lock._is_owned of threading.Condition.
  virtual bool is_owned(const owner& who) const noexcept = 0;
  // Releases it as a whole, and returns the count with which it is to be acquired again; its
  // acquirers are not served. Throws python_error where release() would. Who does so is to be given
  // to acquire_restore(), or else withdrawn by withdraw_acquirer().
  std::int64_t release_save(const owner& who);
  // For a call of `home`, which is this or a Condition of it, that will acquire it.
  std::shared_ptr<waiter> make_acquirer(call& c, std::shared_ptr<hosted> home,
                                        std::optional<double> timeout);
  // Acquires it for `w`, who takes w->count and is granted w->answer then, be it later.
  void acquire_restore(std::shared_ptr<waiter> w, decided_waiters& decided) noexcept;
  // Releases what `w` was granted, unless it was released since; its acquirers are not served.
  virtual void put_back(const waiter& w) noexcept = 0;
  // Grants to acquirers in line what is free.
  void serve(decided_waiters& decided) noexcept;
  // Takes `w` from the queue in which it is, or undoes its acquisition. False where neither.
  bool withdraw_acquirer(waiter& w, decided_waiters& decided) noexcept;

 protected:
  // All under the mutex.
  // Makes room for so many acquisitions more than there are: try_take() needs no memory.
  virtual void make_room(std::size_t) {}
  // The number of the acquisition, not 0; or 0 where `who` has to wait.
  virtual std::uint64_t try_take(const owner& who, std::int64_t count) noexcept = 0;
  virtual std::int64_t release_all(const owner& who) = 0;
  // Decides what becomes of what `gone` holds; what is released is free, but not served yet.
  virtual settlement settle(const owner& gone, departure how) noexcept = 0;
  // Acquires it for the caller, whose reply is True; false where it is not free. Throws
  // python_error RuntimeError where it is poisoned.
  bool take_now(call& c);
  // What acquire() does when it is not free: puts the caller in line, or replies False.
  void wait_or_fail(call& c, bool blocking, std::optional<double> timeout);

  holder_death policy() const noexcept { return policy_; }
  bool poisoned() const noexcept { return poison_ != nullptr; }
  void cure() noexcept { poison_.reset(); }

 private:
  void on_expire(waiter& w, decided_waiters& decided) final;
  void on_withdraw(waiter& w, decided_waiters& decided) final;
  void on_give_back(waiter& w, decided_waiters& decided) final;

  wait_queue acquirers_;
  std::size_t away_ = 0;  // who has released it to wait, and will be an acquirer again
  holder_death policy_ = holder_death::by_default;
  raised poison_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SYNC_ACQUIRABLE_HPP
