// SPDX-License-Identifier: BSL-1.0

// Freezing by way of a value, for what the compactor does not take: the message is loaded, and each
// part of it is dumped. Proxies are found here, and become holes.

#ifndef PICKLED_FROZEN_FREEZE_BY_VALUE_HPP
#define PICKLED_FROZEN_FREEZE_BY_VALUE_HPP

#include "frozen/freezer.hpp"

#include <vector>

namespace pickled::inline v0::detail {

load_error freeze_request_by_value(bytes_view message, const freeze_options& options,
                                   frozen_request& request);
load_error freeze_by_value(bytes_view message, const freeze_options& options, frozen& result);
frozen freeze_by_value(value_view v, const freeze_options& options);
load_error split_by_value(const frozen& container, const freeze_options& options,
                          std::vector<frozen>& slots);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FROZEN_FREEZE_BY_VALUE_HPP
