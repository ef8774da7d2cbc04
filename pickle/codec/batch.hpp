// SPDX-License-Identifier: BSL-1.0

// How CPython's pickler cuts a long container into batches.

#ifndef PICKLED_PICKLE_CODEC_BATCH_HPP
#define PICKLED_PICKLE_CODEC_BATCH_HPP

#include <cstddef>

namespace pickled::inline v0::detail {

// At most so many items are put on the unpickler's stack before one opcode adds them to the
// container.
inline constexpr std::size_t batch_size = 1000;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_BATCH_HPP
