// SPDX-License-Identifier: BSL-1.0

// What can happen to a hosted object. Making it is not among them, nor its end: nobody else knows
// it then. Neither is granting, which one of these does to somebody who waits (`decided_waiters`).

#ifndef PICKLED_SERVER_TYPES_EVENT_HPP
#define PICKLED_SERVER_TYPES_EVENT_HPP

#include "server/types/owner.hpp"

#include <variant>

namespace pickled::inline v0::detail {

class call;
class waiter;
struct method_entry;

struct event {
  // A client calls a method.
  struct request {
    const method_entry& method;
    call& c;
  };
  // The deadline of a waiter has passed; nothing unless it is waiting.
  struct expire {
    waiter& w;
  };
  // Its session is gone; what it was granted meanwhile is given back.
  struct withdraw {
    waiter& w;
  };
  // It was granted, but its session never read the reply.
  struct give_back {
    waiter& w;
  };
  // The session of that owner has ended, or its process with all that was its session's.
  struct owner_gone {
    const owner& who;
    departure how;
  };

  std::variant<request, expire, withdraw, give_back, owner_gone> what;

  template <class What>
  event(const What& what) noexcept : what(what) {}  // NOLINT: made of any of them
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_EVENT_HPP
