// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/barrier.hpp"

#include "pickled/convert/convert.hpp"
#include "pickled/process/reduction.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"

#include <fmt/format.h>

#include <array>
#include <mutex>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

constexpr global_name barrier_class{"multiprocessing.synchronize", "Barrier"};

// threading.Barrier's states.
constexpr int filling = 0;
constexpr int draining = 1;
constexpr int resetting = -1;
constexpr int is_broken = -2;

[[noreturn]] void throw_broken() {
  throw python_error("threading.BrokenBarrierError");
}

}  // namespace

barrier barrier::create(int parties) {
  if (parties < 1) throw python_error("ValueError", "parties must be > 0");
  barrier made;
  made.parties_ = parties;
  made.cond_ = condition::create();
  made.state_ = shared_block::allocate(2 * sizeof(int));
  return made;
}

int& barrier::phase() const noexcept {
  return reinterpret_cast<int*>(state_.memory().data())[0];
}
int& barrier::count() const noexcept {
  return reinterpret_cast<int*>(state_.memory().data())[1];
}

int barrier::arrive_and_wait() const {
  if (!timeout_) return arrive(std::nullopt);
  return arrive_and_wait_for(std::chrono::duration<double>(*timeout_));
}

int barrier::arrive(const deadline& until) const {
  const std::lock_guard guard(cond_);
  while (phase() == resetting || phase() == draining)
    cond_.wait();
  if (phase() < 0) throw_broken();
  const int index = count()++;
  try {
    if (index + 1 == parties_) {
      let_go();
    } else {
      if (!cond_.wait_until(until, [&] { return phase() != filling; })) {
        break_up();
        throw_broken();
      }
      if (phase() < 0) throw_broken();
    }
  } catch (...) {
    leave();
    throw;
  }
  leave();
  return index;
}

void barrier::let_go() const {
  if (!action_->is_none()) {
    break_up();
    throw python_error("NotImplementedError",
                       fmt::format("the action {} of a barrier runs in Python only: let a Python "
                                   "process arrive last",
                                   repr(action_)));
  }
  phase() = draining;
  cond_.notify_all();
}

void barrier::break_up() const {
  phase() = is_broken;
  cond_.notify_all();
}

void barrier::leave() const {
  if (--count() != 0 || (phase() != resetting && phase() != draining)) return;
  phase() = filling;
  cond_.notify_all();
}

void barrier::abort() const {
  const std::lock_guard guard(cond_);
  break_up();
}

void barrier::reset() const {
  const std::lock_guard guard(cond_);
  if (count() == 0) {
    phase() = filling;
  } else if (phase() == filling || phase() == is_broken) {
    phase() = resetting;
  }
  cond_.notify_all();
}

int barrier::n_waiting() const {
  const std::lock_guard guard(cond_);
  return phase() == filling ? count() : 0;
}

bool barrier::broken() const {
  const std::lock_guard guard(cond_);
  return phase() == is_broken;
}

value_view to_value(const barrier& from, value_builder& b) {
  assert_spawning("Barrier");
  const std::array state{value_view::integer(from.parties_), b.share(from.action_),
                         to_value(from.timeout_, b), to_value(from.cond_, b),
                         to_value(from.state_, b)};
  return write_instance(barrier_class, b.tuple(state), b);
}

void from_value(value_view v, barrier& to) {
  const auto state = state_items(v, barrier_class, 5);
  to.parties_ = state[0].get<int>();
  to.action_ = state[1].get<pickled::value>();
  to.timeout_ = state[2].get<std::optional<double>>();
  to.cond_ = state[3].get<condition>();
  to.state_ = state[4].get<shared_block>();
  if (to.state_.memory().size() < 2 * sizeof(int))
    throw conversion_error("memory for a barrier", "less");
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
