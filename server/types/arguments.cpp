// SPDX-License-Identifier: BSL-1.0

#include "server/types/arguments.hpp"

#include "pickled/python/python_error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pickled::inline v0::detail {
namespace {

[[noreturn]] void throw_type_error(const std::string& text) {
  throw python_error("TypeError", std::string_view(text));
}

std::string_view plural(std::size_t count) {
  return count == 1 ? "" : "s";
}

std::string_view without_class(std::string_view qualified) {
  return qualified.substr(qualified.rfind('.') + 1);
}

// "'a'", "'a' and 'b'", "'a', 'b', and 'c'".
std::string quoted_list(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) text += names.size() == 2 ? " and " : i + 1 == names.size() ? ", and " : ", ";
    text += fmt::format("'{}'", names[i]);
  }
  return text;
}

[[noreturn]] void throw_too_many(std::string_view qualified, std::size_t self, std::size_t required,
                                 std::size_t parameters, std::size_t given) {
  const std::size_t most = parameters + self;
  const bool optional = required < parameters;
  const std::string takes =
      optional ? fmt::format("from {} to {}", required + self, most) : std::to_string(most);
  throw_type_error(fmt::format("{}() takes {} positional argument{} but {} {} given", qualified,
                               takes, optional ? "s" : plural(most), given + self,
                               given + self == 1 ? "was" : "were"));
}

}  // namespace

bool is_large(const frozen& argument) noexcept {
  constexpr std::size_t large = std::size_t{32} << 10;  // bytes
  constexpr std::uint32_t many = 64;
  return argument.memory() > large || argument.about().memo_count > many;
}

bool stands_for_more(const frozen& argument) noexcept {
  return argument.kind() == kind::instance || !argument.holes().empty();
}

void arguments::take_none(std::string_view qualified) {
  if (take_all(qualified).empty()) return;
  throw_type_error(
      fmt::format("{}() takes no arguments ({} given)", qualified, positional_.size()));
}

frozen& arguments::take_one(std::string_view qualified) {
  if (take_all(qualified).size() == 1) return positional_.front();
  throw_type_error(
      fmt::format("{}() takes exactly one argument ({} given)", qualified, positional_.size()));
}

std::span<frozen> arguments::take_between(std::string_view qualified, std::size_t least,
                                          std::size_t most) {
  const std::size_t given = take_all(qualified).size();
  if (given >= least && given <= most) return positional_;
  const std::size_t bound = given < least ? least : most;
  const std::string_view how = least == most ? "" : given < least ? "at least " : "at most ";
  throw_type_error(fmt::format("{} expected {}{} argument{}, got {}", without_class(qualified), how,
                               bound, plural(bound), given));
}

std::span<frozen> arguments::take_all(std::string_view qualified) {
  if (keywords_.empty()) return positional_;
  throw_type_error(fmt::format("{}() takes no keyword arguments", qualified));
}

std::span<frozen> arguments::take_slot(std::string_view name, std::size_t count) {
  if (!keywords_.empty()) {
    throw_type_error(fmt::format("wrapper {}() takes no keyword arguments", name));
  }
  if (positional_.size() == count) return positional_;
  throw_type_error(
      fmt::format("expected {} argument{}, got {}", count, plural(count), positional_.size()));
}

std::span<frozen> arguments::take_unnamed_slot(std::string_view name, std::size_t count) {
  if (!keywords_.empty() || positional_.size() == count) return take_slot(name, count);
  throw_type_error(
      fmt::format(" expected {} argument{}, got {}", count, plural(count), positional_.size()));
}

// The order of the checks is CPython's: a wrong keyword is reported before a wrong count.
void arguments::bind_to(std::string_view qualified, std::span<const std::string_view> parameters,
                        std::size_t required, std::span<frozen*> bound) {
  const std::size_t given = positional_.size();
  for (std::size_t i = 0; i < std::min(given, parameters.size()); ++i)
    bound[i] = &positional_[i];
  for (auto& [name, value] : keywords_) {
    const auto found = std::find(parameters.begin(), parameters.end(), name);
    if (found == parameters.end()) {
      throw_type_error(
          fmt::format("{}() got an unexpected keyword argument '{}'", qualified, name));
    }
    frozen*& place = bound[static_cast<std::size_t>(found - parameters.begin())];
    if (place != nullptr) {
      throw_type_error(fmt::format("{}() got multiple values for argument '{}'", qualified, name));
    }
    place = &value;
  }
  if (given > parameters.size()) {
    // The server's own functions are told their self, as it may be given a second time.
    const bool told = !parameters.empty() && parameters.front() == "self";
    const std::size_t self = told || qualified.find('.') == qualified.npos ? 0 : 1;
    throw_too_many(qualified, self, required, parameters.size(), given);
  }
  std::vector<std::string_view> missing;
  for (std::size_t i = 0; i < required; ++i) {
    if (bound[i] == nullptr) missing.push_back(parameters[i]);
  }
  if (missing.empty()) return;
  throw_type_error(fmt::format("{}() missing {} required positional argument{}: {}", qualified,
                               missing.size(), plural(missing.size()), quoted_list(missing)));
}

}  // namespace pickled::inline v0::detail
