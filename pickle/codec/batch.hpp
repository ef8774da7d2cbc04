// SPDX-License-Identifier: BSL-1.0

// How CPython's pickler parts what is long.

#ifndef PICKLED_PICKLE_CODEC_BATCH_HPP
#define PICKLED_PICKLE_CODEC_BATCH_HPP

#include <cstddef>

namespace pickled::detail {

// How many items it lets the reader's stack hold at most.
inline constexpr std::size_t batch_size = 1000;

}  // namespace pickled::detail

#endif  // PICKLED_PICKLE_CODEC_BATCH_HPP
