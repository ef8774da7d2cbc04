#include "frozen/memory_in_use.hpp"

#include <array>
#include <atomic>

namespace pickled {

namespace {

// Threads that count in different places do not wait for one another's caches. One place alone may
// be below zero, as a value made by one thread is destroyed by another.
struct alignas(64) place {
  std::atomic<std::size_t> bytes{0};
};
constinit std::array<place, 16> places;
constinit std::atomic<std::size_t> threads{0};

std::atomic<std::size_t>& own_place() noexcept {
  thread_local constinit std::size_t number = 0;  // 0: none yet
  if (number == 0) number = threads.fetch_add(1, std::memory_order_relaxed) % places.size() + 1;
  return places[number - 1].bytes;
}

}  // namespace

void memory_in_use::add(std::size_t bytes) noexcept {
  own_place().fetch_add(bytes, std::memory_order_relaxed);
}

void memory_in_use::remove(std::size_t bytes) noexcept {
  own_place().fetch_sub(bytes, std::memory_order_relaxed);
}

std::size_t memory_in_use::total() noexcept {
  std::size_t sum = 0;
  for (const place& p : places)
    sum += p.bytes.load(std::memory_order_relaxed);
  return static_cast<std::ptrdiff_t>(sum) < 0 ? 0 : sum;
}

}  // namespace pickled
