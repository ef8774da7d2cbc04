// SPDX-License-Identifier: BSL-1.0

#include "process/queue_reader.hpp"

#include <mutex>

namespace pickled::multiprocessing {

std::optional<buffer> queue_reader::receive(const deadline& until) const {
  for (bool woken = false;; woken = true) {
    // Only who has seen a message waits for the lock: a process of CPython's has it while it waits.
    if (woken ? lock_.acquire_until(until) : lock_.try_acquire()) {
      const std::lock_guard guard(lock_, std::adopt_lock);
      if (auto message = lock_.for_message([&] { return from_.try_recv_bytes(); })) return message;
    } else if (woken) {
      return std::nullopt;
    }
    // All that wait are woken, by poll: the wake of an epoll that is exclusive would be missed by
    // who is amid a message and waits for the rest of it.
    if (!from_.poll_until(until)) return std::nullopt;
  }
}

}  // namespace pickled::multiprocessing
