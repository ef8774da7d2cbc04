// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/python_error.hpp"

namespace pickled {

python_error::python_error(std::string_view type, std::vector<frozen> args)
    : args_(std::move(args)) {
  const std::size_t dot = type.rfind('.');
  module_ = dot == std::string_view::npos ? "builtins" : type.substr(0, dot);
  type_ = dot == std::string_view::npos ? type : type.substr(dot + 1);
  what_ = type;
  if (args_.size() != 1) return;
  if (const auto message = args_[0].as_str()) what_.append(": ").append(*message);
}

python_error::python_error(std::string_view type, std::string_view message)
    : python_error(type, std::vector<frozen>{frozen::str(message)}) {}

python_error::python_error(std::string_view module, std::string_view type, std::vector<frozen> args,
                           std::string_view text)
    : module_(module), type_(type), args_(std::move(args)) {
  if (module != "builtins") what_.append(module).append(".");
  what_.append(type);
  if (!text.empty()) what_.append(": ").append(text);
}

}  // namespace pickled
