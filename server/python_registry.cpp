// SPDX-License-Identifier: BSL-1.0

#include "server/python_registry.hpp"

#include "pickled/connection/token.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

constexpr std::string_view managers = "multiprocessing.managers";

// The type without what register_type adds to it.
registered_type native_type(const registry& known, value_view callable) {
  if (!callable.is(kind::global)) return {};
  const registered_type* const ours = known.made_by(callable.as_global());
  if (ours == nullptr) return {};
  registered_type type = *ours;
  type.exposed.resize(type.exposed.size() - type.method_to_typeid.size());
  return type;
}

factory refusing(const std::string& type_id, value_view callable) {
  const std::string what =
      callable.is(kind::global)
          ? fmt::format("{}.{}", callable.as_global().module, callable.as_global().name)
          : repr(callable);
  return [message = fmt::format("this server runs no Python, so it cannot make a {} by calling {}",
                                repr(type_id), what)](arguments&) -> std::shared_ptr<hosted> {
    throw python_error("NotImplementedError", message);
  };
}

// An AutoProxy has what Python's public_methods() lists, unless it is told something else.
void show_public(registered_type& type) {
  std::erase_if(type.exposed, [](const std::string& name) { return name.starts_with('_'); });
}

registered_type read_type(std::string type_id, std::span<const value_view> entry,
                          const registry& ours) {
  const auto& [callable, exposed, method_to_typeid, proxytype] =
      std::tie(entry[0], entry[1], entry[2], entry[3]);
  registered_type type = native_type(ours, callable);
  if (!type.create && !callable.is_none()) type.create = refusing(type_id, callable);
  type.type_id = std::move(type_id);
  type.proxytype = proxytype.is(kind::global) ? proxytype.as_global().name : "AutoProxy";
  const bool own_class = proxytype.is(kind::global) && proxytype.as_global().module == managers &&
                         type.proxytype != "AutoProxy";
  if (auto given = read_exposed(exposed); given && (!own_class || type.exposed.empty()))
    type.exposed = std::move(*given);
  else if (!own_class)
    show_public(type);
  type.method_to_typeid.clear();
  if (method_to_typeid.is(kind::dict))
    for (const auto& [method, result] : method_to_typeid.as_entries())
      if (method.is(kind::str) && result.is(kind::str))
        type.method_to_typeid.emplace_back(method.as_str(), result.as_str());
  return type;
}

}  // namespace

registry read_registry(value_view registered) {
  const registry ours = sync_manager_registry();
  registry types;
  if (!registered.is(kind::dict)) return types;
  for (const auto& [type_id, entry] : registered.as_entries())
    if (type_id.is(kind::str) && entry.is(kind::tuple) && entry.as_items().size() == 4 &&
        types.find(type_id.as_str()) == nullptr)
      types.register_type(read_type(std::string(type_id.as_str()), entry.as_items(), ours));
  return types;
}

}  // namespace pickled::inline v0::detail
