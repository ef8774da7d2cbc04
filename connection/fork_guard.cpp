// SPDX-License-Identifier: BSL-1.0

#include "connection/fork_guard.hpp"

#include <atomic>
#include <mutex>
#include <pthread.h>

namespace pickled::inline v0::detail {
namespace {

std::mutex guarded;
std::atomic<unsigned> generation{0};

// The first use registers; a fork before it has nothing to wait for.
void watch_forks() noexcept {
  static const int registered = ::pthread_atfork([] { guarded.lock(); }, [] { guarded.unlock(); },
                                                 [] {
                                                   ++generation;
                                                   guarded.unlock();
                                                 });
  static_cast<void>(registered);
}

}  // namespace

fork_guard::fork_guard() noexcept {
  watch_forks();
  guarded.lock();
}

fork_guard::~fork_guard() {
  guarded.unlock();
}

unsigned fork_generation() noexcept {
  watch_forks();
  return generation.load(std::memory_order_relaxed);
}

}  // namespace pickled::inline v0::detail
