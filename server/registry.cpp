// SPDX-License-Identifier: BSL-1.0

#include "server/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fnmatch.h>
#include <stdexcept>

namespace pickled::inline v0::detail {
namespace {

// How much of a name a pattern says: that which says more is meant where two match.
std::ptrdiff_t literal_length(const std::string& pattern) {
  return std::ranges::count_if(pattern, [](char c) { return c != '*' && c != '?'; });
}

std::invalid_argument taken(std::string_view type_id) {
  return std::invalid_argument(fmt::format("the typeid '{}' is taken", type_id));
}

}  // namespace

void registry::register_type(registered_type type) {
  for (const auto& [method, type_id] : type.method_to_typeid)
    type.exposed.push_back(method);
  add(std::move(type));
}

registered_type named_type(std::string name, registered_type of, std::shared_ptr<hosted> object) {
  of.type_id = std::move(name);
  of.create = {};
  of.proxytype = "AutoProxy";
  of.named = std::move(object);
  return of;
}

void registry::register_named(std::string name, const registered_type& of,
                              std::shared_ptr<hosted> object) {
  add(named_type(std::move(name), of, std::move(object)));
}

void registry::register_on_demand(std::string pattern, const registered_type& of,
                                  std::function<std::shared_ptr<hosted>()> make) {
  if (pattern.empty()) throw std::invalid_argument("the empty pattern matches no name");
  if (find(pattern) != nullptr) throw taken(pattern);
  if (std::ranges::find(on_demand_, pattern, &on_demand::pattern) != on_demand_.end())
    throw std::invalid_argument(fmt::format("the pattern '{}' is taken", pattern));
  on_demand_.push_back({std::move(pattern), of, std::move(make)});
}

std::optional<registered_type> registry::make_on_demand(std::string_view name) const {
  constexpr std::size_t longest_name = 1000;  // bytes; it stays as long as the server
  if (name.size() > longest_name) return std::nullopt;
  std::string text(name);
  if (text.find('\0') != std::string::npos) return std::nullopt;  // it would match by its beginning
  const on_demand* chosen = nullptr;
  for (const on_demand& each : on_demand_) {
    const bool nearer =
        chosen == nullptr || literal_length(each.pattern) > literal_length(chosen->pattern);
    if (nearer && ::fnmatch(each.pattern.c_str(), text.c_str(), 0) == 0) chosen = &each;
  }
  if (chosen == nullptr) return std::nullopt;
  return named_type(std::move(text), chosen->of, chosen->make());
}

void registry::add(registered_type type) {
  std::string type_id = type.type_id;
  const auto [at, inserted] = types_.try_emplace(std::move(type_id), std::move(type));
  if (!inserted) throw taken(at->first);
}

const registered_type* registry::find(std::string_view type_id) const noexcept {
  const auto at = types_.find(type_id);
  return at == types_.end() ? nullptr : &at->second;
}

const registered_type* registry::made_by(const global_name& callable) const noexcept {
  for (const auto& [type_id, type] : types_)
    if (std::ranges::find(type.callables, callable) != type.callables.end()) return &type;
  return nullptr;
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

}  // namespace pickled::inline v0::detail
