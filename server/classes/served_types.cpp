// SPDX-License-Identifier: BSL-1.0

#include "server/classes/served_types.hpp"

#include "frozen/freezer.hpp"
#include "process/python_exception.hpp"
#include "server/classes/served_object.hpp"
#include "server/classes/served_value.hpp"
#include "server/classes/type_registry_content.hpp"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>
#include <utility>

namespace pickled::detail {

served_types::served_types(type_registry types) : types_(std::move(types)) {
  for (const served_class& definition : types_.content_->classes)
    add(definition);
}

void served_types::add(const served_class& definition) {
  served_type type{definition, {}, {}, {}};
  registered_type& registered = type.registered;
  registered.type_id = definition.type_id;
  registered.proxytype = "AutoProxy";
  registered.runs_program = true;
  const auto add_entry = [&](std::string_view name, const served_function& method) {
    type.entries.emplace_back(name, served_object::call_method, needs::arguments);
    type.functions.push_back(&method);
  };
  for (const served_function& method : definition.methods) {
    add_entry(method.name, method);
    // Python's text of an object is there for all, and no method of the AutoProxy.
    if (method.name != "__repr__" && method.name != "__str__")
      registered.exposed.push_back(method.name);
  }
  const served_function* const repr = definition.find("__repr__");
  if (repr != nullptr && definition.find("__str__") == nullptr) add_entry("__str__", *repr);
  by_class_.emplace(definition.type, std::move(type));
}

void served_types::register_all(registry& into) const {
  const auto self = shared_from_this();
  // The object that a call returns, or one that holds its value.
  const auto make_by = [self](const served_function& f) -> factory {
    return [self, &f](arguments& args) -> std::shared_ptr<hosted> {
      arena room;
      value_builder b(room);
      const served_result made = self->call(f, nullptr, args, b);
      if (made.object.object != nullptr) return self->host(made.object);
      return std::make_shared<served_value>(freeze(made.value));
    };
  };
  for (const auto& [type, served] : by_class_) {
    registered_type registered = served.registered;
    if (served.definition.constructor) registered.create = make_by(*served.definition.constructor);
    into.register_type(std::move(registered));
  }
  for (const served_function& f : types_.content_->functions) {
    const served_type* const returned = find(f.returns);
    registered_type registered = returned != nullptr ? returned->registered : registered_type();
    registered.type_id = f.name;
    registered.proxytype = "AutoProxy";
    registered.runs_program = true;
    registered.create = make_by(f);
    into.register_type(std::move(registered));
  }
  for (const auto& [name, object] : types_.content_->singletons) {
    auto hosted = host(object);
    into.register_named(name, find(object.type)->registered, std::move(hosted));
  }
}

const served_type* served_types::find(std::type_index type) const noexcept {
  const auto at = by_class_.find(type);
  return at == by_class_.end() ? nullptr : &at->second;
}

std::shared_ptr<hosted> served_types::host(const served_pointer& object) const {
  const served_type* const type = find(object.type);
  if (type == nullptr)
    throw std::invalid_argument("no class of the registry is that of the object");
  if (object.object == nullptr)
    throw std::invalid_argument(fmt::format("no {} is there: nullptr", type->definition.type_id));
  return std::make_shared<served_object>(shared_from_this(), *type, object.object);
}

served_result served_types::call(const served_function& f, void* self, const arguments& args,
                                 value_builder& b) const {
  try {
    std::vector<value_view> positional;
    positional.reserve(args.positional().size());
    for (const frozen& each : args.positional())
      positional.push_back(to_value(each, b));
    std::vector<dict_entry> keywords;
    for (const auto& [name, each] : args.keywords())
      keywords.push_back({b.str(name), to_value(each, b)});
    return f.run(f.parameters, self, f.parameters.bind(positional, keywords), b);
  } catch (...) {
    throw to_python(std::current_exception());
  }
}

python_error served_types::to_python(const std::exception_ptr& thrown) const {
  for (const auto& [python_class, text_of] : types_.content_->exceptions)
    if (const std::optional<std::string> text = text_of(thrown))
      return python_error(python_class, python_text(*text));
  return to_python_error(thrown);
}

}  // namespace pickled::detail
