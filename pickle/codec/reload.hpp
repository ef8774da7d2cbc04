// SPDX-License-Identifier: BSL-1.0

// Loading what this process has written, or has read before: nothing is wrong with it, and no limit
// holds.

#ifndef PICKLED_PICKLE_CODEC_RELOAD_HPP
#define PICKLED_PICKLE_CODEC_RELOAD_HPP

#include "pickled/codec/unpickler.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

namespace pickled::inline v0::detail {

// The limits in `options` are ignored. Throws std::bad_alloc where there is no memory for it.
value reload(bytes_view pickle, load_options options = {});

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_RELOAD_HPP
