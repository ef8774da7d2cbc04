// SPDX-License-Identifier: BSL-1.0

#include "server/classes/served_object.hpp"

#include "frozen/freezer.hpp"
#include "pickled/convert/conversion_error.hpp"
#include "pickled/python/python_error.hpp"
#include "server/objects/referent.hpp"

#include <fmt/format.h>

#include <utility>

namespace pickled::detail {

served_object::served_object(std::shared_ptr<const served_types> types, const served_type& type,
                             std::shared_ptr<void> object) noexcept
    : types_(std::move(types)), type_(type), object_(std::move(object)) {}

const void* served_object::turn_of(const method_entry* method) const noexcept {
  const bool at_any_time = method != nullptr && type_.function_of(*method).concurrent;
  return at_any_time ? nullptr : object_.get();
}

void served_object::call_method(hosted& self, call& c) {
  const auto& called = static_cast<const served_object&>(self);
  const served_function& method = called.type_.function_of(c.method());
  arena room;
  value_builder b(room);
  const served_result made = called.types_->call(method, called.object_.get(), c.args, b);
  if (made.object.object == nullptr) {
    c.reply.frozen(freeze(made.value));
    return;
  }
  const served_type* const type = called.types_->find(made.object.type);
  if (type == nullptr)
    throw python_error("TypeError", fmt::format("{}() returned an object of a class that is not "
                                                "registered",
                                                method.parameters.name()));
  c.hand_out(type->definition.type_id, called.types_->host(made.object));
}

std::string served_object::repr(std::size_t) const {
  return fmt::format("<{} object at {}>", type_.definition.type_id, fmt::ptr(object_.get()));
}

void served_object::write_value(splicer& out) const {
  const served_class& definition = type_.definition;
  if (!definition.write)
    throw python_error("TypeError", fmt::format("cannot pickle '{}' object", definition.type_id));
  arena room;
  value_builder b(room);
  try {
    out.frozen(freeze(definition.write(object_.get(), b)));
  } catch (...) {
    throw types_->to_python(std::current_exception());
  }
}

std::shared_ptr<void> served_object_of(value_view v, std::type_index type) {
  if (v.is(kind::proxy)) {
    const auto held = std::static_pointer_cast<referent>(v.as_proxy().referent);
    const auto* const served = dynamic_cast<const served_object*>(held->object.get());
    if (served != nullptr && served->type() == type) return served->object();
  }
  throw conversion_error("a proxy of an object of its class here", v);
}

}  // namespace pickled::detail
