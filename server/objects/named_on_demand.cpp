// SPDX-License-Identifier: BSL-1.0

#include "server/objects/named_on_demand.hpp"

#include "pickled/python/python_error.hpp"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>
#include <utility>

namespace pickled::inline v0::detail {

const registered_type* named_on_demand::find(std::string_view name, bool room) {
  const std::lock_guard lock(mutex_);
  if (const auto known = made_.find(name); known != made_.end()) return &known->second;
  std::optional<registered_type> made = types_.make_on_demand(name);
  if (!made) return nullptr;
  if (!room) throw python_error("MemoryError", "the server's memory is used up");
  const auto at = made_.emplace(name, *std::move(made)).first;
  objects_.add_named(at->second);
  return &at->second;
}

void named_on_demand::publish(registered_type named) {
  const std::lock_guard lock(mutex_);
  std::string name = named.type_id;
  const bool known = types_.find(name) != nullptr;
  const auto [at, inserted] =
      known ? std::pair(made_.end(), false) : made_.try_emplace(std::move(name), std::move(named));
  if (!inserted) throw std::invalid_argument(fmt::format("the name '{}' is taken", named.type_id));
  objects_.add_named(at->second);
}

}  // namespace pickled::inline v0::detail
