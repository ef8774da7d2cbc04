// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/python_error.hpp"

#include "python/exception_text.hpp"

#include <memory>
#include <stdexcept>
#include <string>

PICKLED_BEGIN_NAMESPACE

namespace {

value checked_args(const value& args) {
  if (args->is(kind::tuple)) return args;
  if (args->is_none()) return {value_view::items(kind::tuple, nullptr, 0, 1), nullptr};
  throw std::invalid_argument("the arguments of an exception are a tuple");
}

value tuple_of(std::string_view message) {
  auto owner = std::make_shared<arena>();
  value_builder build(*owner);
  const value_view text = build.str(message);
  return {build.tuple({&text, 1}), std::move(owner)};
}

}  // namespace

python_error::python_error(std::string_view type, const value& args) : args_(checked_args(args)) {
  const std::size_t dot = type.rfind('.');
  module_ = dot == std::string_view::npos ? "builtins" : type.substr(0, dot);
  type_ = dot == std::string_view::npos ? type : type.substr(dot + 1);
  what_ = type;
  const std::string text = detail::exception_text(type_, args_);
  if (!text.empty()) what_.append(": ").append(text);
}

python_error::python_error(std::string_view type, std::string_view message)
    : python_error(type, tuple_of(message)) {}

python_error::python_error(std::string_view module, std::string_view type, const value& args,
                           std::string_view text)
    : module_(module), type_(type), args_(checked_args(args)) {
  if (module != "builtins") what_.append(module).append(".");
  what_.append(type);
  if (!text.empty()) what_.append(": ").append(text);
}

PICKLED_END_NAMESPACE
