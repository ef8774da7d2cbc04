// SPDX-License-Identifier: BSL-1.0

#include "frozen/memory_in_use.hpp"

#include <atomic>
#include <mutex>

namespace pickled::inline v0::detail {

namespace {

// The sum of the threads that have ended, and of what a thread adds and removes after its own count
// is gone: thread_local values may be destroyed after it.
constinit std::atomic<std::size_t> departed{0};

// What one thread has added and removed. Only that thread writes it, so that no locked operation is
// needed. One count alone may be below zero, as a value made by one thread is destroyed by another.
struct thread_count {
  std::atomic<std::size_t> bytes{0};
  thread_count* next = nullptr;

  thread_count() noexcept;
  thread_count(const thread_count&) = delete;
  thread_count& operator=(const thread_count&) = delete;
  ~thread_count();
};

constinit std::mutex counts_mutex;
constinit thread_count* counts = nullptr;
// nullptr before the thread counts for the first time; then its own, and at last `departed`.
constinit thread_local std::atomic<std::size_t>* own = nullptr;

thread_count::thread_count() noexcept {
  const std::lock_guard lock(counts_mutex);
  next = counts;
  counts = this;
  own = &bytes;
}

thread_count::~thread_count() {
  const std::lock_guard lock(counts_mutex);
  thread_count** at = &counts;
  while (*at != this)
    at = &(*at)->next;
  *at = next;
  departed.fetch_add(bytes.load(std::memory_order_relaxed), std::memory_order_relaxed);
  own = &departed;
}

void count(std::size_t bytes) noexcept {
  if (own == nullptr) [[unlikely]] {
    thread_local const thread_count joined;
  }
  if (own == &departed) [[unlikely]] {
    departed.fetch_add(bytes, std::memory_order_relaxed);
  } else {
    own->store(own->load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
  }
}

}  // namespace

void memory_in_use::add(std::size_t bytes) noexcept {
  count(bytes);
}

void memory_in_use::remove(std::size_t bytes) noexcept {
  count(std::size_t{0} - bytes);
}

std::size_t memory_in_use::total() noexcept {
  const std::lock_guard lock(counts_mutex);
  std::size_t sum = departed.load(std::memory_order_relaxed);
  for (const thread_count* c = counts; c != nullptr; c = c->next)
    sum += c->bytes.load(std::memory_order_relaxed);
  return static_cast<std::ptrdiff_t>(sum) < 0 ? 0 : sum;
}

}  // namespace pickled::inline v0::detail
