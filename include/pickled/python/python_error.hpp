// SPDX-License-Identifier: BSL-1.0

// An exception of Python's as a C++ one: its class by name and its arguments as a value.
// Hosted methods throw it and the server answers it as `#ERROR`; the C++ proxies throw it when the
// server answered so. Mirrors `managers.convert_to_error`.

#ifndef PICKLED_PYTHON_PYTHON_ERROR_HPP
#define PICKLED_PYTHON_PYTHON_ERROR_HPP

#include "pickled/value/error.hpp"
#include "pickled/value/value.hpp"

#include <exception>
#include <string>
#include <string_view>

PICKLED_BEGIN_NAMESPACE

class python_error : public std::exception, public error {
 public:
  // `type` is a builtin ("KeyError") or dotted with its module ("queue.Full"). `args` is a tuple,
  // or None where there are none; std::invalid_argument is thrown for what is neither.
  explicit python_error(std::string_view type, const value& args = {});
  // The common case: one str argument.
  python_error(std::string_view type, std::string_view message);
  // One that came from elsewhere, with Python's text of it: `text` is what str() gives.
  python_error(std::string_view module, std::string_view type, const value& args,
               std::string_view text);

  // "builtins" for a builtin.
  const std::string& module() const noexcept { return module_; }
  // The class's qualified name.
  const std::string& type() const noexcept { return type_; }
  // A tuple.
  const value& args() const noexcept { return args_; }

  // `Type: text` as the last line of Python's traceback.
  const char* what() const noexcept override { return what_.c_str(); }
  const std::error_code& code() const noexcept override { return code_; }

 private:
  std::string module_;
  std::string type_;
  value args_;
  std::string what_;
  std::error_code code_ = pickle_errc::python_exception;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PYTHON_PYTHON_ERROR_HPP
