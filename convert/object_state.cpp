// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/object_state.hpp"

#include "pickled/convert/conversion_error.hpp"
#include "pickled/value/as_call.hpp"
#include "python/recipe.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace pickled::inline v0::detail {
namespace {

using change = instance_node::change;

std::string dotted(const global_name& name) {
  return fmt::format("{}.{}", name.module, name.name);
}

value_view dict_of(std::span<const std::string_view> names, std::span<const value_view> values,
                   value_builder& b) {
  const value_view dict = b.dict();
  for (std::size_t i = 0; i < names.size(); ++i)
    b.insert(dict, b.str(names[i]), values[i]);
  return dict;
}

bool is_dict_or_none(value_view v) noexcept {
  return v.is(kind::dict) || v.is_none();
}

}  // namespace

value_view write_object(const global_name& python_class, object_form form,
                        std::span<const std::string_view> names, std::span<const value_view> values,
                        value_builder& b) {
  const value_view callable = b.global(python_class.module, python_class.name);
  if (form == object_form::call) {
    return b.instance(instance_node::construction::reduce, callable, b.tuple(values));
  }
  const value_view object = b.instance(instance_node::construction::newobj, callable, b.tuple({}));
  value_view state;
  switch (form) {
    case object_form::attributes: state = dict_of(names, values, b); break;
    case object_form::slots: {
      const value_view parts[] = {{}, dict_of(names, values, b)};
      state = b.tuple(parts);
      break;
    }
    default: state = b.list(values); break;
  }
  b.change(object, {change::action::build, state, {}});
  return object;
}

object_state::object_state(value_view v, const global_name& python_class) {
  if (!v.is(kind::instance)) throw conversion_error(dotted(python_class), v);
  const instance_node& object = v.as_instance();
  const recipe made = recipe_of(object);
  if (!is_global(made.callable, python_class)) {
    const std::optional<dotted_name> name = dotted_name_of(made.callable);
    if (!name) throw conversion_error(dotted(python_class), v);
    if (global_name{name->module, name->name} != python_class)
      throw conversion_error(dotted(python_class), dotted({name->module, name->name}));
  }
  // A named tuple's fields are what its class is given, or the tuple that it is a subclass of.
  if (made.args.is(kind::tuple) && made.args.size() != 0) positional_ = made.args.as_items();
  if (made.base.is(kind::tuple)) positional_ = made.base.as_items();
  if (made.kwargs.is(kind::dict)) named_.push_back(made.kwargs.as_entries());
  for (const change& c : object.changes.view()) {
    if (c.action == change::action::build) add(c.first);
  }
}

// A dict; a pair of __dict__ and slots; or the fields of a dataclass in their order.
void object_state::add(value_view state) {
  if (state.is(kind::dict)) {
    named_.push_back(state.as_entries());
  } else if (state.is(kind::tuple) && state.as_items().size() == 2 &&
             is_dict_or_none(state.as_items()[0]) && state.as_items()[1].is(kind::dict)) {
    if (state.as_items()[0].is(kind::dict)) named_.push_back(state.as_items()[0].as_entries());
    named_.push_back(state.as_items()[1].as_entries());
  } else if (state.is(kind::list) || state.is(kind::tuple)) {
    positional_ = state.as_items();
  }
}

const value_view* object_state::find(std::string_view name, std::size_t position) const noexcept {
  const auto is_named = [&](const dict_entry& entry) {
    return entry.key.is(kind::str) && entry.key.as_str() == name;
  };
  for (auto entries = named_.rbegin(); entries != named_.rend(); ++entries) {
    // Attributes mostly come in the order of the class.
    if (position < entries->size() && is_named((*entries)[position])) {
      return &(*entries)[position].value;
    }
    for (auto entry = entries->rbegin(); entry != entries->rend(); ++entry) {
      if (is_named(*entry)) return &entry->value;
    }
  }
  return position < positional_.size() ? &positional_[position] : nullptr;
}

void throw_missing(std::string_view attribute, const global_name& python_class) {
  throw conversion_error(fmt::format("attribute '{}'", attribute),
                         fmt::format("{} without it", dotted(python_class)));
}

}  // namespace pickled::inline v0::detail
