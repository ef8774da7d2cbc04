// SPDX-License-Identifier: BSL-1.0

// From a frozen value back to a tree.

#ifndef PICKLED_FROZEN_THAW_HPP
#define PICKLED_FROZEN_THAW_HPP

#include "pickled/frozen/frozen.hpp"
#include "pickled/value/value.hpp"

#include <span>

namespace pickled::inline v0::detail {

// It may point into the block of `f`, which it keeps alive. Proxies become `kind::proxy`.
value thaw(const frozen& f);
// The tuple of these.
value thaw_tuple(std::span<const frozen> items);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FROZEN_THAW_HPP
