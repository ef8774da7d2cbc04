// SPDX-License-Identifier: BSL-1.0

#include "server/classes/served_types.hpp"

#include "process/python_exception.hpp"
#include "server/classes/served_object.hpp"
#include "server/classes/served_value.hpp"
#include "server/classes/type_registry_content.hpp"

#include <fmt/format.h>

#include <chrono>
#include <future>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

constexpr std::chrono::milliseconds between_looks_at_the_end{100};

}  // namespace

served_types::served_types(type_registry types) : types_(std::move(types)) {
  freezing_.max_memory = std::numeric_limits<std::size_t>::max();
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
    const needs what = method.coroutine ? needs::arguments | needs::waiting : needs::arguments;
    type.entries.emplace_back(name, served_object::call_method, what);
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
  const auto make_by = [self](const served_function& f) -> factory {
    return [self, &f](arguments& args) -> std::shared_ptr<hosted> {
      if (f.coroutine) return self->await(f, args);
      arena room;
      value_builder b(room);
      return self->hosted_result(self->call(f, nullptr, args, b));
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

// The object that a call returns, or one that holds its value.
std::shared_ptr<hosted> served_types::hosted_result(const served_result& made) const {
  if (made.object.object != nullptr) return host(made.object);
  return std::make_shared<served_value>(at_rest(made.value));
}

// A request to create an object waits on its thread.
std::shared_ptr<hosted> served_types::await(const served_function& f, const arguments& args) const {
  const auto done = std::make_shared<std::promise<std::shared_ptr<hosted>>>();
  std::future<std::shared_ptr<hosted>> made = done->get_future();
  const auto running =
      std::make_shared<served_coroutine>(*coroutines_, *this, f, nullptr, nullptr, args);
  running->start([this, done](const served_result& result, const std::exception_ptr& thrown) {
    if (thrown)
      done->set_exception(std::make_exception_ptr(to_python(thrown)));
    else
      done->set_value(hosted_result(result));
  });
  while (made.wait_for(between_looks_at_the_end) != std::future_status::ready)
    if (coroutines_->joined()) throw python_error("RuntimeError", "the server has ended");
  return made.get();
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
  return std::make_shared<served_object>(shared_from_this(), *type, object.object,
                                         weight_of(type->definition, object.object.get()));
}

void served_types::weigh(const served_class& of, const void* object,
                         served_weight& weight) noexcept {
  std::size_t bytes = of.size;
  try {
    if (of.weigh) bytes += of.weigh(object);
  } catch (const std::exception&) {
    return;
  }
  weight.set(bytes);
}

std::shared_ptr<served_weight> served_types::weight_of(const served_class& of,
                                                       const void* object) const {
  const auto forget = [self = shared_from_this(), object](served_weight* weight) {
    {
      const std::lock_guard guard(self->mutex_);
      const auto at = self->weights_.find(object);
      if (at != self->weights_.end() && at->second.expired()) self->weights_.erase(at);
    }
    delete weight;
  };
  const std::shared_ptr<served_weight> made(new served_weight, forget);
  {
    const std::lock_guard guard(mutex_);
    std::weak_ptr<served_weight>& known = weights_[object];
    if (auto weight = known.lock()) return weight;
    known = made;
  }
  weigh(of, object, *made);
  return made;
}

// Binds the arguments, and has `run` do the rest.
template <class Run>
auto served_types::for_client(const served_function& f, const arguments& args, value_builder& b,
                              const Run& run) const {
  try {
    std::vector<value_view> positional;
    positional.reserve(args.positional().size());
    for (const frozen& each : args.positional())
      positional.push_back(to_value(each, b));
    std::vector<dict_entry> keywords;
    for (const auto& [name, each] : args.keywords())
      keywords.push_back({b.str(name), to_value(each, b)});
    return run(f.parameters.bind(positional, keywords));
  } catch (...) {
    const std::exception_ptr thrown = std::current_exception();
    if (thrown == nullptr) throw;  // pthread_exit, or pthread_cancel
    throw to_python(thrown);
  }
}

served_result served_types::call(const served_function& f, void* self, const arguments& args,
                                 value_builder& b) const {
  return for_client(f, args, b, [&](const std::vector<value_view>& bound) {
    return f.run(f.parameters, self, bound, b);
  });
}

coroutine_body::start served_types::prepare(const served_function& f, void* self,
                                            const arguments& args, value_builder& b) const {
  return for_client(f, args, b, [&](const std::vector<value_view>& bound) {
    return f.coroutine.prepare(f.parameters, self, bound);
  });
}

frozen served_types::at_rest(value_view returned) const {
  try {
    return freeze(returned, freezing_);
  } catch (const std::exception&) {
    throw to_python(std::current_exception());
  }
}

void served_types::serve_in(std::function<std::shared_ptr<void>(std::string_view)> find,
                            coroutine_thread& coroutines) {
  coroutines_ = &coroutines;
  freezing_.resolve = [find = std::move(find)](const token_view& token) {
    return find(token.ident);
  };
}

python_error served_types::to_python(const std::exception_ptr& thrown) const {
  for (const auto& [python_class, text_of] : types_.content_->exceptions)
    if (const std::optional<std::string> text = text_of(thrown))
      return python_error(python_class, python_text(*text));
  return to_python_error(thrown);
}

}  // namespace pickled::inline v0::detail
