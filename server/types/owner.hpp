// SPDX-License-Identifier: BSL-1.0

// Who calls: the identity that a thread is in CPython. Each proxy connection is one session, as
// each has a thread of its own in CPython's server; sessions of one client process share `process`.

#ifndef PICKLED_SERVER_TYPES_OWNER_HPP
#define PICKLED_SERVER_TYPES_OWNER_HPP

#include <cstdint>
#include <memory>

namespace pickled::inline v0::detail {

// A client process as the kernel names it; its pid alone may be used again.
struct process_identity {
  int pid = 0;                   // 0: unknown (TCP, or another pid namespace)
  std::uint64_t start_time = 0;  // field 22 of /proc/PID/stat, in clock ticks
  friend bool operator==(const process_identity&, const process_identity&) = default;
};

struct owner {
  std::uint64_t session = 0;  // never reused
  process_identity process;
  friend bool operator==(const owner&, const owner&) = default;
};

// How the session of an owner went, or its process, as far as it is known.
enum class departure : std::uint8_t {
  session_ended,    // the connection is closed; the process may live on
  process_left,     // the process ended in order
  process_crashed,  // it died owning references, or by a signal
  process_ended,    // it is dead, and nothing tells how
};

// What becomes of what a dead client still holds.
enum class holder_death : std::uint8_t {
  by_default,  // see holder_death.hpp
  keep,        // held for ever, as in CPython
  release,
  poison,  // whoever acquires it gets a RuntimeError, until somebody releases it
};

// What became of what a departed owner held in one object: for the log.
enum class settlement : std::uint8_t {
  held_nothing,
  deferred,  // its session has ended, but its process may live on
  kept,
  released,
  poisoned,
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_OWNER_HPP
