// SPDX-License-Identifier: BSL-1.0

// A connection went that held locks.

#ifndef PICKLED_PROXY_LOCK_LOST_HPP
#define PICKLED_PROXY_LOCK_LOST_HPP

#include <stdexcept>

namespace pickled {

// An RLock or a Condition belongs to the connection of the thread that acquired it, and its server
// frees it when that connection ends. Thrown once, by the first call of that thread after its
// connection was lost, before anything is asked of the server: what the lock guarded may have
// changed. The calls after it go on with a new connection, on which no lock is held.
class lock_lost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace pickled

#endif  // PICKLED_PROXY_LOCK_LOST_HPP
