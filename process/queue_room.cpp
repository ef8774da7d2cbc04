// SPDX-License-Identifier: BSL-1.0

#include "process/queue_room.hpp"

#include "connection/fork_guard.hpp"

#include <new>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

constexpr std::size_t most_records = 128;
constexpr unsigned reclaiming = 1;  // the note of who gives back what another had
constexpr std::chrono::milliseconds between_glances_at_writers{100};
constexpr unsigned unclaimed = ~0U;

}  // namespace

queue_room::queue_room(multiprocessing::bounded_semaphore places) noexcept
    : places_(std::move(places)),
      memory_(places_.name(), most_records * sizeof(record)),
      claimed_in_(unclaimed) {}

queue_room::~queue_room() {
  // What it still has, since nobody waited for it to be written, is free when this process ends.
  if (mine_ != nullptr && claimed_in_ == fork_generation() && mine_->places == 0) mine_->owner = 0;
}

std::span<queue_room::record> queue_room::records() const noexcept {
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  if (!memory_) return {};
  return {std::launder(static_cast<record*>(memory_.get())), most_records};
}

// That of this process; nullptr where all are taken.
queue_room::record* queue_room::mine() noexcept {
  const std::lock_guard guard(mutex_);
  const unsigned generation = fork_generation();
  if (claimed_in_ == generation) return mine_;
  claimed_in_ = generation;
  mine_ = nullptr;
  for (record& each : records()) {
    std::uint64_t none = 0;
    if (!each.owner.compare_exchange_strong(none, recorded_process::self().word())) continue;
    mine_ = &each;
    break;
  }
  return mine_;
}

// By so many more, or less.
void queue_room::count(std::uint32_t change) noexcept {
  record* const own = mine();
  if (own == nullptr) return;
  own->places += change;
  if (counts_tasks_) own->tasks += change;
}

bool queue_room::acquire_until(const multiprocessing::deadline& until) {
  record* const own = mine();
  if (!places_.acquire_until(until)) return false;
  if (own != nullptr) ++own->places;
  return true;
}

void queue_room::count_task() noexcept {
  counts_tasks_ = true;
  if (record* const own = mine()) ++own->tasks;
}

void queue_room::hand_on(std::size_t items) noexcept {
  count(0U - static_cast<std::uint32_t>(items));
}
void queue_room::take_again() noexcept {
  count(1);
}

void queue_room::reclaim(const std::function<void()>& task_lost) {
  {
    const std::lock_guard guard(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now < next_look_) return;
    next_look_ = now + between_glances_at_writers;
  }
  recorded_process self = recorded_process::self();
  self.note = reclaiming;
  for (record& each : records()) {
    std::uint64_t word = each.owner;
    if (word == 0 || !recorded_process::of(word).is_dead()) continue;
    // Who is killed amid this is dead too, and what it left is given back by another.
    if (!each.owner.compare_exchange_strong(word, self.word())) continue;
    while (each.places != 0) {
      --each.places;
      if (places_.get_value() < places_.maxvalue()) places_.release();
    }
    while (each.tasks != 0) {
      --each.tasks;
      task_lost();
    }
    each.owner = 0;
  }
}

}  // namespace pickled::inline v0::detail
