// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/signature.hpp"

#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

PICKLED_BEGIN_NAMESPACE

namespace {

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

}  // namespace

PICKLED_END_NAMESPACE

namespace pickled::inline v0::detail {

namespace {

// Of all versions; what is a keyword in some places alone (match, type) is a name as well.
constexpr std::array<std::string_view, 35> keywords{
    "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
    "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
    "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
    "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};

}  // namespace

bool is_keyword(std::string_view name) {
  return std::find(keywords.begin(), keywords.end(), name) != keywords.end();
}

bool is_identifier(std::string_view name) {
  const auto letter = [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0;
  };
  return !name.empty() && !is_keyword(name) &&
         std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), letter);
}

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

signature::signature(std::string name, std::vector<std::string> annotations,
                     std::vector<parameter> parameters, form how)
    : name_(std::move(name)),
      annotations_(std::move(annotations)),
      parameters_(std::move(parameters)),
      named_(!parameters_.empty()),
      form_(how) {
  const std::size_t count = annotations_.size() - 1;
  if (named_ && parameters_.size() != count)
    throw std::invalid_argument(fmt::format("it has {} parameter{}, and {} are named", count,
                                            plural(count), parameters_.size()));
  for (std::size_t i = 0; i != parameters_.size(); ++i) {
    const std::string& called = parameters_[i].name();
    if (detail::is_keyword(called))
      throw std::invalid_argument(
          fmt::format("'{}' is a keyword of Python's, and no name of a parameter", called));
    if (!detail::is_identifier(called))
      throw std::invalid_argument(fmt::format("'{}' is no name of a parameter", called));
    const auto before = std::span(parameters_).first(i);
    const bool taken = std::any_of(before.begin(), before.end(),
                                   [&](const parameter& p) { return p.name() == called; });
    if (taken || (form_ == form::method && called == "self"))
      throw std::invalid_argument(fmt::format("two parameters are named '{}'", called));
    if (i != 0 && parameters_[i - 1].otherwise() && !parameters_[i].otherwise())
      throw std::invalid_argument(
          fmt::format("'{}' has no default but follows one that has", parameters_[i].name()));
  }
  while (parameters_.size() < count)
    parameters_.emplace_back(fmt::format("arg{}", parameters_.size()).c_str());
}

std::string signature::default_text(const parameter& p) {
  const value& otherwise = *p.otherwise();
  const std::string text = repr(otherwise);
  // What has no literal shows that there is a default, and no more.
  return text.find('<') == std::string::npos || otherwise->is(kind::str) ? text : "...";
}

std::string signature::text() const {
  std::string text = form_ == form::method ? "(self" : "(";
  for (std::size_t i = 0; i != parameters_.size(); ++i) {
    const parameter& p = parameters_[i];
    if (text.size() != 1) text += ", ";
    text += p.name() + ": " + annotations_[i];
    if (p.otherwise()) text += " = " + default_text(p);
  }
  if (!named_ && !parameters_.empty()) text += ", /";
  return text + ") -> " + annotations_.back();
}

std::vector<value_view> signature::bind(std::span<const value_view> args,
                                        std::span<const dict_entry> kwds) const {
  const std::size_t count = parameters_.size();
  if (kwds.empty() && args.size() == count) return {args.begin(), args.end()};
  std::vector<std::optional<value_view>> given(count);
  std::copy_n(args.begin(), std::min(args.size(), count), given.begin());
  for (const auto& [key, argument] : kwds) {
    if (!key.is(kind::str)) throw_type_error(fmt::format("{}() keywords must be strings", name_));
    const std::string_view name = key.as_str();
    const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                    [&](const auto& p) { return named_ && p.name() == name; });
    if (found == parameters_.end())
      throw_type_error(fmt::format("{}() got an unexpected keyword argument '{}'", name_, name));
    auto& place = given[static_cast<std::size_t>(found - parameters_.begin())];
    if (place)
      throw_type_error(fmt::format("{}() got multiple values for argument '{}'", name_, name));
    place = argument;
  }
  if (args.size() > count) {
    const std::size_t self = form_ == form::method ? 1 : 0;
    const auto required =
        self + static_cast<std::size_t>(
                   std::count_if(parameters_.begin(), parameters_.end(),
                                 [](const parameter& p) { return !p.otherwise().has_value(); }));
    const std::string takes = required == count + self
                                  ? fmt::format("{}", required)
                                  : fmt::format("from {} to {}", required, count + self);
    throw_type_error(fmt::format("{}() takes {} positional argument{} but {} {} given", name_,
                                 takes, plural(count + self), args.size() + self,
                                 args.size() + self == 1 ? "was" : "were"));
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
    throw_type_error(fmt::format("{}() missing {} required positional argument{}: {}", name_,
                                 missing.size(), plural(missing.size()), list_names(missing)));
  return bound;
}

void signature::refuse_argument(std::size_t index, const conversion_error& error) const {
  conversion_error named = error;
  named.name(fmt::format("{}() argument '{}'", name_, parameters_[index].name()));
  throw_type_error(named.what());
}

PICKLED_END_NAMESPACE
