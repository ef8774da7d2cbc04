// The freezer's slow road: the message is loaded into a value, and each part is dumped.

#ifndef PICKLED_FROZEN_SLOW_ROAD_HPP
#define PICKLED_FROZEN_SLOW_ROAD_HPP

#include "frozen/freezer.hpp"

#include <span>
#include <vector>

namespace pickled {

load_error freeze_request_by_value(bytes_view message, const freeze_options& options,
                                   frozen_request& request);
load_error freeze_by_value(bytes_view message, const freeze_options& options, frozen& result);
load_error split_by_value(const frozen& container, const freeze_options& options,
                          std::vector<frozen>& slots);

}  // namespace pickled

#endif  // PICKLED_FROZEN_SLOW_ROAD_HPP
