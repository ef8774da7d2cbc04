// SPDX-License-Identifier: BSL-1.0

#include "server/types/tickets.hpp"

#include "pickled/python/python_error.hpp"

namespace pickled::inline v0::detail {

void refuse_ticket() {
  throw python_error("TypeError",
                     "a Connection, a socket or a shared tensor can be received only once, so it "
                     "is no value to be stored: send it through a Queue");
}

}  // namespace pickled::inline v0::detail
