// SPDX-License-Identifier: BSL-1.0

#include "process/queue_reader.hpp"

#include "pickled/connection/socket.hpp"

#include <climits>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <mutex>
#include <unistd.h>

namespace pickled::multiprocessing {

namespace {

// Whether a message of a queue begins here, which is a pickle behind its size: the first byte of
// either tells. What is not there yet is one.
bool is_whole(const connection& from) noexcept {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return false;
  const descriptor out(ends[0]);
  const descriptor in(ends[1]);
  const ssize_t count = ::tee(from.fileno(), in.get(), 1, SPLICE_F_NONBLOCK);
  if (count <= 0) return count == 0 || errno == EAGAIN;
  std::byte first{};
  constexpr std::byte proto{0x80}, long_size{0xff};
  return ::read(out.get(), &first, 1) == 1 && (first < proto || first == long_size);
}

}  // namespace

std::optional<buffer> queue_reader::receive(const deadline& until) const {
  for (bool woken = false;; woken = true) {
    // Only who has seen a message waits for the lock: a process of CPython's has it while it waits.
    if (woken ? lock_.acquire_until(until, [&] { return is_whole(from_); }) : lock_.try_acquire()) {
      const std::lock_guard guard(lock_, std::adopt_lock);
      const auto begins = [&](std::uint64_t size) {
        // Its writer puts no more than that into the pipe at once, and no read takes more.
        if (size + sizeof(std::int32_t) > PIPE_BUF) lock_.enter(queue_lock::phase::amid);
      };
      if (auto message = lock_.for_message([&] { return from_.try_recv_bytes(begins); },
                                           queue_lock::phase::small))
        return message;
    } else if (woken) {
      return std::nullopt;
    }
    // All that wait are woken, by poll: the wake of an epoll that is exclusive would be missed by
    // who is amid a message and waits for the rest of it.
    if (!from_.poll_until(until)) return std::nullopt;
  }
}

}  // namespace pickled::multiprocessing
