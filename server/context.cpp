// SPDX-License-Identifier: BSL-1.0

#include "server/context.hpp"

#include "frozen/memory_in_use.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace pickled::inline v0::detail {

context::context(server_options given, registry registered, clients::watch_function watch,
                 std::function<void()> dispose_elsewhere)
    : options(std::move(given)),
      types(std::move(registered)),
      allowed(options.allow_globals),
      objects(options.grace, std::move(dispose_elsewhere)),
      on_demand(types, objects),
      shared_memory(options.segment_removed),
      peers(objects, std::move(watch)),
      verifying(options.threads),
      programs(options.program_threads),
      workers(options.threads) {
  if (!options.verify_values.empty()) verifier.emplace(options.verify_values);
  for (const registered_type* type : types.named())
    objects.add_named(*type);
}

std::size_t context::memory_left() const noexcept {
  if (options.max_memory == 0) return std::numeric_limits<std::size_t>::max();
  return options.max_memory - std::min<std::size_t>(options.max_memory, memory_in_use::total());
}

}  // namespace pickled::inline v0::detail
