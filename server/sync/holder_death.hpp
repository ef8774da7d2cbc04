// SPDX-License-Identifier: BSL-1.0

// What becomes of a lock or a permit whose holder is gone.
//
// | holding             | session ended | process left | crashed | ended, unknown how |
// |---------------------|---------------|--------------|---------|--------------------|
// | RLock               | release       | release      | release | release            |
// | Lock                | deferred      | keep         | release | release            |
// | semaphore's permit  | deferred      | keep         | release | keep               |
//
// That is the default; `keep` keeps where it would release, `release` and `poison` do so in every
// place but "deferred". Of a process that is not known (TCP) only the end of the session is
// ever seen: then the default keeps Locks and permits, `release` and `poison` act at once.

#ifndef PICKLED_SERVER_SYNC_HOLDER_DEATH_HPP
#define PICKLED_SERVER_SYNC_HOLDER_DEATH_HPP

#include "server/types/owner.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pickled::inline v0::detail {

enum class holding : std::uint8_t {
  by_session,  // an RLock: nobody else may release it
  lock,
  permit,  // permits may be consumed for good: a semaphore can be a counter
};

// What to do with what a session held.
settlement judge(holder_death policy, holding what, bool process_known, departure how) noexcept;

// Who acquired permits of one object and has not released them. A release takes one of the
// releaser's own. Where it has none, the object is a signal and not a guard: it is `handed_on` for
// good, and nothing of it is booked, or released by the server, any more.
class bookings {
 public:
  // So that the next `count` times add() needs no memory.
  void make_room(std::size_t count);
  // Precondition: there is room.
  void add(const owner& who) noexcept;
  // As if add() had not been; nothing where `who` has none.
  void take_back(const owner& who) noexcept;
  void release(const owner& who, std::int64_t count) noexcept;
  // What a session that is gone has not released.
  std::int64_t held_by(const owner& gone) const noexcept;
  void forget(const owner& gone) noexcept;

 private:
  struct booking {
    owner who;
    std::int64_t count;
  };

  std::vector<booking> booked_;
  bool handed_on_ = false;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SYNC_HOLDER_DEATH_HPP
