// Holes as persistent ids: how a run with proxies in it passes through loads and dumps.

#ifndef PICKLED_FROZEN_HOLES_HPP
#define PICKLED_FROZEN_HOLES_HPP

#include "frozen/frozen.hpp"
#include "pickle/value/buffer.hpp"

namespace pickled {

// The run with the persistent ids 0, 1, … in the place of its holes, and a STOP.
buffer with_persistent_ids(const frozen& f);

}  // namespace pickled

#endif  // PICKLED_FROZEN_HOLES_HPP
