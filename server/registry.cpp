#include "server/registry.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace pickled {

void registry::register_type(registered_type type) {
  for (const auto& [method, type_id] : type.method_to_typeid)
    type.exposed.push_back(method);
  std::string type_id = type.type_id;
  const auto [at, inserted] = types_.try_emplace(std::move(type_id), std::move(type));
  if (!inserted) throw std::invalid_argument(fmt::format("the typeid '{}' is taken", at->first));
}

const registered_type* registry::find(std::string_view type_id) const noexcept {
  const auto at = types_.find(type_id);
  return at == types_.end() ? nullptr : &at->second;
}

}  // namespace pickled
