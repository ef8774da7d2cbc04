// SPDX-License-Identifier: BSL-1.0

#include "pickled/server/type_registry.hpp"

#include "server/classes/type_registry_content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

PICKLED_BEGIN_NAMESPACE

namespace {

void check_name(std::string_view name) {
  if (detail::is_keyword(name))
    throw std::invalid_argument(fmt::format("'{}' is a keyword of Python's, and no name", name));
  if (!detail::is_identifier(name))
    throw std::invalid_argument(fmt::format("'{}' is no name of Python's", name));
}

void check_dotted_name(std::string_view name) {
  for (;;) {
    const std::size_t dot = name.find('.');
    check_name(name.substr(0, dot));
    if (dot == std::string_view::npos) return;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

namespace detail {

signature make_signature(const std::string& qualified, std::vector<std::string> annotations,
                         std::vector<parameter> parameters, signature::form how) {
  try {
    return {qualified, std::move(annotations), std::move(parameters), how};
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("{}: {}", qualified, error.what()));
  }
}

value_view iterator_over(value_view items, value_builder& b) {
  const std::array args{items};
  return b.instance(instance_node::construction::reduce, b.global("builtins", "iter"),
                    b.tuple(args));
}

}  // namespace detail

PICKLED_END_NAMESPACE

namespace pickled::inline v0::detail {

void served_class::add(served_function method) {
  check_name(method.name);
  if (find(method.name) != nullptr)
    throw std::invalid_argument(fmt::format("{} has a method {}", type_id, method.name));
  methods.push_back(std::move(method));
}

void served_class::add(served_property property) {
  check_name(property.name);
  properties.push_back(std::move(property));
}

const served_function* served_class::find(std::string_view method) const noexcept {
  const auto at = std::ranges::find(methods, method, &served_function::name);
  return at == methods.end() ? nullptr : &*at;
}

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

type_registry::type_registry() : content_(std::make_unique<detail::type_registry_content>()) {}
type_registry::type_registry(type_registry&&) noexcept = default;
type_registry& type_registry::operator=(type_registry&&) noexcept = default;
type_registry::~type_registry() = default;

detail::served_class& type_registry::add_class(detail::served_class made) {
  check_name(made.type_id);
  for (const detail::served_class& other : content_->classes)
    if (other.type == made.type)
      throw std::invalid_argument(
          fmt::format("{}: this class is there as {}", made.type_id, other.type_id));
  return content_->classes.emplace_back(std::move(made));
}

void type_registry::add_function(detail::served_function f) {
  check_name(f.name);
  for (const parameter& p : f.parameters.parameters())
    if (p.name() == "self")  // which is the manager's
      throw std::invalid_argument(fmt::format("{}: two parameters are named 'self'", f.name));
  content_->functions.push_back(std::move(f));
}

void type_registry::add_singleton(std::string_view name, detail::served_pointer object) {
  check_name(name);
  content_->singletons.emplace_back(name, std::move(object));
}

void type_registry::add_exception(std::string_view python_class, exception_text text_of) {
  check_dotted_name(python_class);
  content_->exceptions.emplace_back(python_class, std::move(text_of));
}

PICKLED_END_NAMESPACE
