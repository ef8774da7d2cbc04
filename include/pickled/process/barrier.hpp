// SPDX-License-Identifier: BSL-1.0

// A Barrier between processes: multiprocessing.synchronize.Barrier, which is threading.Barrier with
// its state in shared memory.

#ifndef PICKLED_PROCESS_BARRIER_HPP
#define PICKLED_PROCESS_BARRIER_HPP

#include "pickled/process/heap.hpp"
#include "pickled/process/synchronize.hpp"
#include "pickled/value/value.hpp"

#include <chrono>
#include <optional>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// Copies are the same barrier. A process that dies while it waits stays counted, as in CPython.
class barrier {
 public:
  barrier() = default;
  static barrier create(int parties);

  // Blocks until all parties have arrived; each gets another index, from 0. Throws python_error
  // threading.BrokenBarrierError where the barrier is or gets broken, as by a wait that took longer
  // than the timeout that it was made with in Python; and NotImplementedError, which breaks it,
  // where an action in Python is due here.
  int arrive_and_wait() const;
  // The same; the barrier breaks, for all, where the time passes.
  template <class Rep, class Period>
  int arrive_and_wait_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return arrive(deadline_after(timeout));
  }
  // Breaks the barrier.
  void abort() const;
  // Makes it whole again; whoever waits gets BrokenBarrierError.
  void reset() const;

  int parties() const noexcept { return parties_; }
  int n_waiting() const;
  bool broken() const;

 private:
  friend value_view to_value(const barrier& from, value_builder& b);
  friend void from_value(value_view v, barrier& to);

  int& phase() const noexcept;
  int& count() const noexcept;
  int arrive(const deadline& until) const;
  void let_go() const;
  void break_up() const;
  void leave() const;

  int parties_ = 0;
  pickled::value action_;
  std::optional<double> timeout_;  // in seconds
  condition cond_;
  shared_block state_;
};

value_view to_value(const barrier& from, value_builder& b);
void from_value(value_view v, barrier& to);

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_BARRIER_HPP
