// SPDX-License-Identifier: BSL-1.0

// A Connection, a socket or a shared tensor is pickled as a ticket: it names where the process that
// sent it hands the thing itself to the first that asks (multiprocessing.resource_sharer). So a
// ticket may be kept where it is given out once, as by a queue, but not where it can be read twice.

#ifndef PICKLED_FROZEN_TICKET_HPP
#define PICKLED_FROZEN_TICKET_HPP

#include "pickled/value/value.hpp"

namespace pickled::inline v0::detail {

// Whether a call of it is a ticket.
inline bool makes_ticket(const global_name& callable) noexcept {
  if (callable.module == "multiprocessing.resource_sharer")
    return callable.name == "DupFd" || callable.name == "DupSocket";
  return callable.module == "torch.multiprocessing.reductions" &&
         (callable.name == "rebuild_storage_filename" || callable.name == "rebuild_cuda_tensor");
}

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FROZEN_TICKET_HPP
