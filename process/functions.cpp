// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/functions.hpp"

#include "connection/reply.hpp"
#include "pickled/python/python_error.hpp"
#include "process/python_exception.hpp"

#include <fmt/format.h>

#include <cctype>
#include <exception>
#include <stdexcept>
#include <vector>

PICKLED_BEGIN_NAMESPACE

namespace {

bool is_dotted_name(std::string_view name) {
  std::size_t parts = 0;
  for (;; ++parts) {
    const std::size_t dot = name.find('.');
    if (!detail::is_identifier(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return parts > 0;
    name.remove_prefix(dot + 1);
  }
}

// Names the function in what is wrong with its parameters.
signature checked(std::string_view name, std::vector<std::string> annotations,
                  std::initializer_list<parameter> parameters) {
  try {
    if (!is_dotted_name(name))
      throw std::invalid_argument("a name is MODULE.FUNCTION, as Python spells it");
    return {std::string(name.substr(name.rfind('.') + 1)), std::move(annotations), parameters};
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("function {}: {}", name, error.what()));
  }
}

}  // namespace

function::function(std::string_view name, std::vector<std::string> annotations,
                   std::initializer_list<parameter> parameters, std::string_view doc,
                   void (*add_classes)(detail::python_classes&), body run)
    : name_(name),
      parameters_(checked(name, std::move(annotations), parameters)),
      doc_(doc),
      add_classes_(add_classes),
      run_(std::move(run)) {}

std::string_view function::module() const noexcept {
  const std::string_view all = std::string_view(name_).substr(0, name_.rfind('.'));
  for (std::size_t dot = all.find('.'); dot != std::string_view::npos; dot = all.find('.', dot + 1))
    if (std::isupper(static_cast<unsigned char>(all[dot + 1])) != 0) return all.substr(0, dot);
  return all;
}

std::string_view function::short_name() const noexcept {
  return std::string_view(name_).substr(name_.rfind('.') + 1);
}

value_view function::operator()(std::span<const value_view> args, std::span<const dict_entry> kwds,
                                value_builder& b) const {
  const bool all_in_place = kwds.empty() && args.size() == parameters_.parameters().size();
  const auto bound = all_in_place ? std::vector<value_view>() : parameters_.bind(args, kwds);
  try {
    return run_(*this, all_in_place ? args : bound, b);
  } catch (...) {
    throw detail::current_python_error();
  }
}

// As multiprocessing.pool.worker does: the caller gets the texts of both, for neither can travel.
void function::refuse_result(const std::exception_ptr& why) const {
  const python_error error = detail::to_python_error(why);
  throw python_error(
      "multiprocessing.pool.MaybeEncodingError",
      value::tuple({detail::error_line(error),
                    fmt::format("<the result of {}, a {}>", name_, parameters_.result())}));
}

const function* functions::find(std::string_view name) const {
  const auto found = all_.find(name);
  return found == all_.end() ? nullptr : &found->second;
}

functions& functions::insert(function f) {
  std::string name = f.name();
  if (!all_.emplace(name, std::move(f)).second)
    throw std::invalid_argument(fmt::format("function {}: the name is taken", name));
  return *this;
}

PICKLED_END_NAMESPACE
