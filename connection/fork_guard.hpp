// SPDX-License-Identifier: BSL-1.0

// What a forked child may need although another thread of its parent was at work on it: connecting,
// its digests included, and what a process knows of servers. Whoever works on such a thing holds a
// fork_guard, and a fork waits until nobody does, so that the child finds all of it whole and
// unlocked.

#ifndef PICKLED_CONNECTION_FORK_GUARD_HPP
#define PICKLED_CONNECTION_FORK_GUARD_HPP

namespace pickled::inline v0::detail {

// One for the whole process, so never held over I/O, and not recursive.
class fork_guard {
 public:
  fork_guard() noexcept;
  ~fork_guard();
  fork_guard(const fork_guard&) = delete;
  fork_guard& operator=(const fork_guard&) = delete;
};

// Counts the forks that lie between this process and the first: what belongs to an older
// generation is the parent's. Thread-safe.
unsigned fork_generation() noexcept;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_FORK_GUARD_HPP
