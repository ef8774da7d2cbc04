// Holes as persistent ids: how a run with proxies in it passes through loads and dumps.

#ifndef PICKLED_PICKLE_FREEZE_HOLES_HPP
#define PICKLED_PICKLE_FREEZE_HOLES_HPP

#include "pickle/buffer.hpp"
#include "pickle/frozen.hpp"

namespace pickled {

// The run with the persistent ids 0, 1, … in the place of its holes, and a STOP.
buffer with_persistent_ids(const frozen& f);

}  // namespace pickled

#endif  // PICKLED_PICKLE_FREEZE_HOLES_HPP
