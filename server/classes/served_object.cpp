// SPDX-License-Identifier: BSL-1.0

#include "server/classes/served_object.hpp"

#include "pickled/convert/conversion_error.hpp"
#include "pickled/python/python_error.hpp"
#include "server/objects/referent.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>
#include <variant>

namespace pickled::inline v0::detail {

served_object::served_object(std::shared_ptr<const served_types> types, const served_type& type,
                             std::shared_ptr<void> object,
                             std::shared_ptr<served_weight> weight) noexcept
    : types_(std::move(types)),
      type_(type),
      object_(std::move(object)),
      weight_(std::move(weight)) {}

const void* served_object::turn_of(const method_entry* method) const noexcept {
  const served_function* const f = method != nullptr ? &type_.function_of(*method) : nullptr;
  const bool at_any_time = f != nullptr && (f->concurrent || f->coroutine);
  return at_any_time ? nullptr : object_.get();
}

// It may weigh more or less after each call.
void served_object::weigh() const noexcept {
  if (type_.definition.weigh) served_types::weigh(type_.definition, object_.get(), *weight_);
}

served_result served_object::run(const served_function& method, call& c, value_builder& b) const {
  try {
    served_result made = types_->call(method, object_.get(), c.args, b);
    weigh();
    return made;
  } catch (const python_error&) {
    weigh();
    throw;
  }
}

wait_result served_object::result_of(const served_function& method,
                                     const served_result& made) const {
  if (made.object.object == nullptr) return types_->at_rest(made.value);
  const served_type* const type = types_->find(made.object.type);
  if (type == nullptr)
    throw python_error("TypeError", fmt::format("{}() returned an object of a class that is not "
                                                "registered",
                                                method.parameters.name()));
  return handed_out{type->definition.type_id, types_->host(made.object)};
}

void served_object::call_method(hosted& self, call& c) {
  auto& called = static_cast<served_object&>(self);
  const served_function& method = called.type_.function_of(c.method());
  if (method.coroutine) return called.start(method, c);
  arena room;
  value_builder b(room);
  const wait_result result = called.result_of(method, called.run(method, c, b));
  if (const auto* object = std::get_if<handed_out>(&result))
    c.hand_out(object->type_id, object->object);
  else
    c.reply.frozen(std::get<frozen>(result));
}

void served_object::start(const served_function& method, call& c) {
  const auto running = std::make_shared<served_coroutine>(types_->coroutines(), *types_, method,
                                                          object_.get(), object_, c.args);
  const auto w = c.make_waiter<coroutine_waiter>(shared_from_this(), std::nullopt);
  w->coroutine = running;
  step([&] { waiters_.push_back(w); });
  const auto home = std::static_pointer_cast<served_object>(shared_from_this());
  try {
    running->start([home, w, &method](const served_result& made, const std::exception_ptr& thrown) {
      home->weigh();
      if (thrown)
        home->finish(*w, std::make_shared<const python_error>(home->types_->to_python(thrown)));
      else
        home->finish(*w, home->result_of(method, made));
    });
  } catch (...) {
    step([&] { waiters_.remove(*w); });
    throw;
  }
  c.wait(w);
}

void served_object::finish(coroutine_waiter& w, wait_result result) {
  decided_waiters decided;
  step([&] {
    if (w.waiting()) decided.grant(waiters_.remove(w), std::move(result));
  });
}

// Its caller is gone.
void served_object::on_withdraw(waiter& w, decided_waiters& decided) {
  if (!w.waiting()) return;
  if (const auto running = static_cast<coroutine_waiter&>(w).coroutine.lock())
    running->ask_to_end();
  decided.withdraw(waiters_.remove(w));
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
  value_view written;
  try {
    written = definition.write(object_.get(), b);
  } catch (const std::exception&) {
    throw types_->to_python(std::current_exception());
  }
  out.frozen(types_->at_rest(written));
}

std::shared_ptr<void> served_object_of(value_view v, std::type_index type) {
  if (v.is(kind::proxy)) {
    const auto held = std::static_pointer_cast<referent>(v.as_proxy().referent);
    const auto* const served = dynamic_cast<const served_object*>(held->object.get());
    if (served != nullptr && served->type() == type) return served->object();
  }
  throw conversion_error("a proxy of an object of its class here", v);
}

}  // namespace pickled::inline v0::detail
