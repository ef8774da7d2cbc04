// SPDX-License-Identifier: BSL-1.0

// Dicts and instances looked at by name, where converting them would be too much.

#ifndef PICKLED_VALUE_ATTRIBUTE_HPP
#define PICKLED_VALUE_ATTRIBUTE_HPP

#include "pickled/value/value.hpp"

#include <concepts>
#include <cstddef>
#include <string_view>

PICKLED_BEGIN_NAMESPACE

// dict.get(key, otherwise), as Python would find it: of a key that was written twice the later
// item. `otherwise` also where `dict` is no dict.
inline value_view item_of(value_view dict, std::string_view key,
                          value_view otherwise = {}) noexcept {
  const value_view* const found = dict.find(key);
  return found == nullptr ? otherwise : *found;
}

// The same of a temporary.
template <std::same_as<value> Value>
value item_of(Value&& dict, std::string_view key, const value& otherwise = {}) {
  const value& held = dict;
  const value_view* const found = held->find(key);
  return found == nullptr ? otherwise : held.sharing(*found);
}

// The attribute that a BUILD gave to an object, in __dict__ or in slots; nullptr where there is
// none.
inline const value_view* find_attribute(const instance_node& object,
                                        std::string_view name) noexcept {
  constexpr std::size_t dict = 0;
  constexpr std::size_t slots = 1;
  const value_view* found = nullptr;
  for (const auto& change : object.changes.view()) {
    if (change.action != instance_node::change::action::build) continue;
    const value_view state = change.first;
    const bool with_slots = state.is(kind::tuple) && state.size() == 2;
    for (const value_view part :
         {with_slots ? *state.find(dict) : state, with_slots ? *state.find(slots) : value_view()}) {
      if (const value_view* const item = part.find(name)) found = item;
    }
  }
  return found;
}
// The same; None where there is none, or `object` is no instance.
inline value_view attribute_of(const instance_node& object, std::string_view name) noexcept {
  const value_view* const found = find_attribute(object, name);
  return found == nullptr ? value_view() : *found;
}
inline value_view attribute_of(value_view object, std::string_view name) noexcept {
  return object.is(kind::instance) ? attribute_of(object.as_instance(), name) : value_view();
}
// The same of a temporary.
template <std::same_as<value> Value>
value attribute_of(Value&& object, std::string_view name) {
  const value& held = object;
  return held.sharing(attribute_of(held.view(), name));
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_VALUE_ATTRIBUTE_HPP
