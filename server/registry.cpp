#include "server/registry.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace pickled {

void registry::register_type(registered_type type) {
  for (const auto& [method, type_id] : type.method_to_typeid)
    type.exposed.push_back(method);
  add(std::move(type));
}

void registry::register_named(std::string name, const registered_type& of,
                              std::shared_ptr<hosted> object) {
  registered_type type = of;
  type.type_id = std::move(name);
  type.create = {};
  type.proxytype = "AutoProxy";
  type.named = std::move(object);
  add(std::move(type));
}

void registry::add(registered_type type) {
  std::string type_id = type.type_id;
  const auto [at, inserted] = types_.try_emplace(std::move(type_id), std::move(type));
  if (!inserted) throw std::invalid_argument(fmt::format("the typeid '{}' is taken", at->first));
}

const registered_type* registry::find(std::string_view type_id) const noexcept {
  const auto at = types_.find(type_id);
  return at == types_.end() ? nullptr : &at->second;
}

std::vector<std::string> registry::creatable() const {
  std::vector<std::string> names;
  for (const auto& [type_id, type] : types_)
    if (type.create) names.push_back(type_id);
  return names;
}

std::vector<const registered_type*> registry::named() const {
  std::vector<const registered_type*> found;
  for (const auto& [name, type] : types_)
    if (type.named != nullptr) found.push_back(&type);
  return found;
}

}  // namespace pickled
