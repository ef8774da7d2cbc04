// What can be received once: a Connection, a socket or a shared tensor pickles as a ticket, which
// the process that sent it honours for the first that asks (multiprocessing.resource_sharer). It is
// good in a queue, whose items are given out once, and nowhere else.

#ifndef PICKLED_SERVER_TYPES_HANDLES_HPP
#define PICKLED_SERVER_TYPES_HANDLES_HPP

#include "server/types/arguments.hpp"

namespace pickled {

// Throws python_error TypeError where there is one in an argument, at any depth.
void refuse_handles(const arguments& args);

}  // namespace pickled

#endif  // PICKLED_SERVER_TYPES_HANDLES_HPP
