// SPDX-License-Identifier: BSL-1.0

#include "tests/server/allocation/failing_allocator.hpp"

#include <climits>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace pickled::inline v0::detail {
namespace {

constexpr int never = INT_MAX;

thread_local bool has_enough = false;
std::atomic<int> left{never};  // allocations until one fails
std::atomic<int> failures{0};
std::atomic<shortage> sort{shortage::once};

bool fails_now() noexcept {
  if (has_enough || left.load(std::memory_order_relaxed) == never) return false;
  const int before = left.fetch_sub(1);
  const bool fails =
      before == 0 || (before < 0 && sort.load(std::memory_order_relaxed) == shortage::lasting);
  if (fails) ++failures;
  return fails;
}

void* allocate(std::size_t size, std::size_t alignment) {
  if (fails_now()) throw std::bad_alloc();
  const std::size_t whole = (size / alignment + 1) * alignment;
  void* const memory = alignment <= alignof(std::max_align_t)
                           ? std::malloc(whole)
                           : std::aligned_alloc(alignment, whole);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void failing_allocations::begin() noexcept {
  sort = how_;
  failures = 0;
  left = nth_;
}

void failing_allocations::stop() noexcept {
  left = never;
}

int failing_allocations::failed() const noexcept {
  return failures;
}

void enough_memory::set(bool enough) noexcept {
  has_enough = enough;
}

}  // namespace pickled::inline v0::detail

void* operator new(std::size_t size) {
  return pickled::detail::allocate(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return pickled::detail::allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
