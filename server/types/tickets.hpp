// SPDX-License-Identifier: BSL-1.0

// Tickets (frozen/ticket.hpp) as values: only what gives them out once takes them.

#ifndef PICKLED_SERVER_TYPES_TICKETS_HPP
#define PICKLED_SERVER_TYPES_TICKETS_HPP

namespace pickled::inline v0::detail {

// Throws python_error TypeError, for a method that would keep what can be received once.
[[noreturn]] void refuse_ticket();

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_TICKETS_HPP
