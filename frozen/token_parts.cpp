// SPDX-License-Identifier: BSL-1.0

#include "frozen/token_parts.hpp"

#include "pickled/value/as_call.hpp"

namespace pickled::inline v0::detail {

std::optional<token_view> token_parts(value_view v) {
  const auto* call = as_call(v, {"multiprocessing.managers", "Token"});
  if (call == nullptr) return std::nullopt;
  value_view state = call->args;
  for (const auto& change : call->changes.view()) {
    if (change.action != instance_node::change::action::build) return std::nullopt;
    state = change.first;
  }
  if (!state.is(kind::tuple) || state.as_items().size() != 3) return std::nullopt;
  const auto parts = state.as_items();
  if (!parts[0].is(kind::str) || !parts[2].is(kind::str)) return std::nullopt;
  return token_view{parts[0].as_str(), parts[1], parts[2].as_str()};
}

std::optional<std::vector<std::string>> exposed_names(value_view v) {
  if (!v.is(kind::tuple) && !v.is(kind::list)) return std::nullopt;
  std::vector<std::string> names;
  for (const value_view name : v.as_items()) {
    if (!name.is(kind::str)) return std::nullopt;
    names.emplace_back(name.as_str());
  }
  return names;
}

}  // namespace pickled::inline v0::detail
