// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/queue_lock.hpp"

#include "process/recorded_process.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <system_error>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

constexpr std::size_t cache_line = 64;
constexpr std::chrono::milliseconds between_looks{100};

queue_lock::phase phase_of(const detail::recorded_process& holder) noexcept {
  return static_cast<queue_lock::phase>(holder.note);
}

[[noreturn]] void throw_owner_dead(pid_t pid) {
  throw std::system_error(make_error_code(std::errc::owner_dead),
                          fmt::format("process {} died amid a message of this queue", pid));
}

}  // namespace

// The word beside the semaphore, of who has the lock.
class queue_lock::record {
 public:
  explicit record(const std::string& semaphore) noexcept : memory_(semaphore, cache_line) {}

  explicit operator bool() const noexcept { return bool(memory_); }
  // Of processes that have the same file mapped: it is free of locks.
  std::atomic<std::uint64_t>& word() const noexcept {
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
    return *std::launder(static_cast<std::atomic<std::uint64_t>*>(memory_.get()));
  }

 private:
  detail::semaphore_memory memory_;
};

queue_lock::queue_lock(sem_lock of)
    : lock_(std::move(of)), record_(std::make_shared<record>(lock_.name())) {}

void queue_lock::enter(phase next) const noexcept {
  if (!*record_) return;
  auto self = detail::recorded_process::self();
  self.note = static_cast<unsigned>(next);
  record_->word() = self.word();
}

descriptor queue_lock::open_file() const noexcept {
  return detail::open_semaphore(lock_.name());
}

void queue_lock::check_holder() const {
  if (!*record_) return;
  const auto other = detail::recorded_process::of(record_->word());
  if (phase_of(other) == phase::amid && other.is_dead()) throw_owner_dead(other.pid);
}

bool queue_lock::try_acquire() const {
  if (!lock_.try_acquire()) return false;
  enter(phase::between);
  return true;
}

bool queue_lock::has_dead_holder() const {
  if (!*record_) return false;
  const std::uint64_t word = record_->word();
  return word != 0 && detail::recorded_process::of(word).is_dead();
}

queue_lock::phase queue_lock::current() const noexcept {
  return *record_ ? phase_of(detail::recorded_process::of(record_->word())) : phase::between;
}

bool queue_lock::acquire_until(const deadline& until, const std::function<bool()>& is_whole) const {
  if (try_acquire()) return true;
  for (;;) {
    const auto look = std::chrono::steady_clock::now() + between_looks;
    if (lock_.acquire_until(until && *until < look ? *until : look)) break;
    if (take_from_dead(is_whole)) return true;
    if (until && std::chrono::steady_clock::now() >= *until) return false;
  }
  enter(phase::between);
  return true;
}

bool queue_lock::take_from_dead(const std::function<bool()>& is_whole) const {
  if (!*record_) return false;
  std::uint64_t word = record_->word();
  const auto other = detail::recorded_process::of(word);
  if (word == 0 || !other.is_dead()) return false;
  if (phase_of(other) == phase::amid) throw_owner_dead(other.pid);
  const bool has_begun = phase_of(other) == phase::small && is_whole && !is_whole();
  auto self = detail::recorded_process::self();
  self.note = static_cast<unsigned>(has_begun ? phase::small : phase::between);
  // Where this succeeds, nobody has had the lock meanwhile.
  if (!record_->word().compare_exchange_strong(word, self.word())) return false;
  lock_.adopt();
  return true;
}

void queue_lock::unlock() const {
  if (*record_) record_->word() = 0;
  lock_.release();
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
