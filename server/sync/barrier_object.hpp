// SPDX-License-Identifier: BSL-1.0

// threading.Barrier, without an action: those are functions, and this process runs none.
//
// An arrival is a fact: a waiter whose session is gone stays counted, since the others would
// never be let through otherwise. CPython's drain between two rounds takes no time here.

#ifndef PICKLED_SERVER_SYNC_BARRIER_OBJECT_HPP
#define PICKLED_SERVER_SYNC_BARRIER_OBJECT_HPP

#include "server/sync/waiter.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace pickled::inline v0::detail {

class barrier_object final : public hosted {
 public:
  // `timeout`, in seconds, is that of waits that give none.
  barrier_object(std::int64_t parties, std::optional<double> timeout) noexcept
      : parties_(parties), timeout_(timeout) {}
  // Barrier(parties, action=None, timeout=None). Throws python_error NotImplementedError, which
  // names the action, where there is one.
  static std::shared_ptr<hosted> create(arguments& args);
  static std::span<const method_entry> table() noexcept;

  // Of parties, n_waiting and broken.
  void getattribute(call& c);
  void wait(call& c);
  void abort(call& c);
  void reset(call& c);

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string repr(std::size_t limit) const override;
  void write_value(splicer& out) const override;
  void set_holder_death(holder_death policy) noexcept override { policy_ = policy; }

 private:
  void on_expire(waiter& w, decided_waiters& decided) override;
  // Breaks the barrier where the policy is to poison.
  void on_withdraw(waiter& w, decided_waiters& decided) override;
  // All under the mutex.
  void let_through(decided_waiters& decided);
  void break_up(decided_waiters& decided);

  const std::int64_t parties_;
  const std::optional<double> timeout_;
  holder_death policy_ = holder_death::by_default;
  bool broken_ = false;
  std::int64_t arrived_ = 0;  // in this round, be their sessions alive or not
  wait_queue waiters_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SYNC_BARRIER_OBJECT_HPP
