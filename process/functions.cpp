// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/functions.hpp"

#include "connection/reply.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "process/python_exception.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <stdexcept>

namespace pickled {

namespace {

bool is_identifier(std::string_view name) {
  const auto letter = [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0;
  };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), letter);
}

bool is_dotted_name(std::string_view name) {
  std::size_t parts = 0;
  for (;; ++parts) {
    const std::size_t dot = name.find('.');
    if (!is_identifier(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return parts > 0;
    name.remove_prefix(dot + 1);
  }
}

[[noreturn]] void throw_type_error(std::string_view text) {
  throw python_error("TypeError", text);
}

// "'a'", "'a' and 'b'", "'a', 'b', and 'c'", as CPython lists what is missing.
std::string list_names(std::span<const std::string> names) {
  std::string text;
  for (std::size_t i = 0; i != names.size(); ++i) {
    if (i != 0) text += names.size() == 2 ? " and " : i + 1 == names.size() ? ", and " : ", ";
    text += '\'' + names[i] + '\'';
  }
  return text;
}

std::string_view plural(std::size_t count) {
  return count == 1 ? "" : "s";
}

std::string default_text(const value& otherwise) {
  const std::string text = repr(otherwise);
  // What has no literal shows that there is a default, and no more.
  return text.find('<') == std::string::npos || otherwise->is(kind::str) ? text : "...";
}

}  // namespace

function::function(std::string_view name, std::vector<std::string> annotations,
                   std::initializer_list<parameter> parameters, std::string_view doc, body run)
    : name_(name),
      annotations_(std::move(annotations)),
      parameters_(parameters),
      named_(parameters.size() != 0),
      doc_(doc),
      run_(std::move(run)) {
  const auto refuse = [&](std::string_view why) {
    throw std::invalid_argument(fmt::format("function {}: {}", name, why));
  };
  if (!is_dotted_name(name)) refuse("a name is MODULE.FUNCTION, as Python spells it");
  const std::size_t count = annotations_.size() - 1;
  if (named_ && parameters_.size() != count)
    refuse(fmt::format("it has {} parameter{}, and {} are named", count, plural(count),
                       parameters_.size()));
  for (std::size_t i = 0; i != parameters_.size(); ++i) {
    if (!is_identifier(parameters_[i].name()))
      refuse(fmt::format("'{}' is no name of a parameter", parameters_[i].name()));
    if (i != 0 && parameters_[i - 1].otherwise() && !parameters_[i].otherwise())
      refuse(fmt::format("'{}' has no default but follows one that has", parameters_[i].name()));
  }
  while (parameters_.size() < count)
    parameters_.emplace_back(fmt::format("arg{}", parameters_.size()).c_str());
}

std::string_view function::module() const noexcept {
  return std::string_view(name_).substr(0, name_.rfind('.'));
}

std::string_view function::short_name() const noexcept {
  return std::string_view(name_).substr(name_.rfind('.') + 1);
}

std::string function::signature() const {
  std::string text = "(";
  for (std::size_t i = 0; i != parameters_.size(); ++i) {
    const parameter& p = parameters_[i];
    if (i != 0) text += ", ";
    text += p.name() + ": " + annotations_[i];
    if (p.otherwise()) text += " = " + default_text(*p.otherwise());
  }
  if (!named_ && !parameters_.empty()) text += ", /";
  return text + ") -> " + annotations_.back();
}

value_view function::operator()(std::span<const value_view> args, std::span<const dict_entry> kwds,
                                value_builder& b) const {
  const bool all_in_place = kwds.empty() && args.size() == parameters_.size();
  const std::vector<value_view> bound = all_in_place ? std::vector<value_view>() : bind(args, kwds);
  try {
    return run_(*this, all_in_place ? args : bound, b);
  } catch (...) {
    throw to_python_error(std::current_exception());
  }
}

std::vector<value_view> function::bind(std::span<const value_view> args,
                                       std::span<const dict_entry> kwds) const {
  const std::size_t count = parameters_.size();
  std::vector<std::optional<value_view>> given(count);
  std::copy_n(args.begin(), std::min(args.size(), count), given.begin());
  for (const auto& [key, argument] : kwds) {
    if (!key.is(kind::str))
      throw_type_error(fmt::format("{}() keywords must be strings", short_name()));
    const std::string_view name = key.as_str();
    const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                    [&](const auto& p) { return named_ && p.name() == name; });
    if (found == parameters_.end())
      throw_type_error(
          fmt::format("{}() got an unexpected keyword argument '{}'", short_name(), name));
    auto& place = given[static_cast<std::size_t>(found - parameters_.begin())];
    if (place)
      throw_type_error(
          fmt::format("{}() got multiple values for argument '{}'", short_name(), key.as_str()));
    place = argument;
  }
  if (args.size() > count) {
    const auto required = static_cast<std::size_t>(
        std::count_if(parameters_.begin(), parameters_.end(),
                      [](const parameter& p) { return !p.otherwise().has_value(); }));
    const std::string takes = required == count ? fmt::format("{}", count)
                                                : fmt::format("from {} to {}", required, count);
    throw_type_error(fmt::format("{}() takes {} positional argument{} but {} {} given",
                                 short_name(), takes, plural(count), args.size(),
                                 args.size() == 1 ? "was" : "were"));
  }
  std::vector<value_view> bound;
  std::vector<std::string> missing;
  for (std::size_t i = 0; i != count; ++i) {
    const auto& otherwise = parameters_[i].otherwise();
    if (given[i])
      bound.push_back(*given[i]);
    else if (otherwise)
      bound.push_back(*otherwise);
    else
      missing.push_back(parameters_[i].name());
  }
  if (!missing.empty())
    throw_type_error(fmt::format("{}() missing {} required positional argument{}: {}", short_name(),
                                 missing.size(), plural(missing.size()), list_names(missing)));
  return bound;
}

void function::refuse_argument(std::size_t index, const conversion_error& error) const {
  throw_type_error(fmt::format("{}() argument '{}'{}: expected {}, got {}", short_name(),
                               parameters_[index].name(), error.path().substr(1), error.expected(),
                               error.got()));
}

// As multiprocessing.pool.worker does: the caller gets the texts of both, for neither can travel.
void function::refuse_result(const std::exception_ptr& why) const {
  const python_error error = to_python_error(why);
  throw python_error(
      "multiprocessing.pool.MaybeEncodingError",
      {frozen::str(error_line(error)),
       frozen::str(fmt::format("<the result of {}, a {}>", name_, annotations_.back()))});
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

}  // namespace pickled
