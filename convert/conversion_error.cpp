// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/conversion_error.hpp"

#include "pickle/value/utf8.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"

#include <fmt/format.h>

PICKLED_BEGIN_NAMESPACE
namespace {

std::string text_of_key(value_view key) {
  constexpr std::size_t longest = 60;
  std::error_code error;
  std::string text = repr(key, error, longest + 1);
  if (error) return fmt::format("<{}>", type_name(key));  // an int of too many digits
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  while (detail::is_continuation(text[end]))
    --end;
  text.resize(end);
  return text + "...";
}

// A path for people: where it begins and where it ends.
std::string shorten(std::string_view path) {
  constexpr std::size_t longest = 240;
  if (path.size() <= longest) return std::string(path);
  std::size_t begin = longest / 2;
  while (detail::is_continuation(path[begin]))
    --begin;
  std::size_t end = path.size() - longest / 2;
  while (detail::is_continuation(path[end]))
    ++end;
  return fmt::format("{}...{}", path.substr(0, begin), path.substr(end));
}

}  // namespace

conversion_error::conversion_error(std::string_view expected, std::string_view got)
    : expected_(expected), got_(got) {
  compose();
}

conversion_error::conversion_error(std::string_view expected, value_view got)
    : conversion_error(expected, type_name(got)) {}

void conversion_error::enter(std::string_view step) {
  path_.insert(0, step);
  compose();
}

void conversion_error::name(std::string_view asked_for) {
  name_ = asked_for;
  compose();
}

void conversion_error::compose() {
  what_ = fmt::format("{}{}: expected {}, got {}", name_, shorten(path_), expected_, got_);
}

std::string index_step(std::size_t index) {
  return fmt::format("[{}]", index);
}

std::string key_step(value_view key) {
  return fmt::format("[{}]", text_of_key(key));
}

std::string step_to_key(value_view key) {
  return fmt::format("[key {}]", text_of_key(key));
}

std::string attribute_step(std::string_view name) {
  return fmt::format(".{}", name);
}

PICKLED_END_NAMESPACE
