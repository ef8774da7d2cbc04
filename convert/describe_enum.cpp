// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/describe_enum.hpp"

#include "pickled/convert/conversion_error.hpp"
#include "pickled/value/as_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace pickled::inline v0::detail {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

// The arguments of a call of this function, or nothing.
std::span<const value_view> args_of(value_view v, const global_name& function) {
  const instance_node* const call = as_call(v, function);
  return call != nullptr ? call->args.as_items() : std::span<const value_view>();
}

value_view read_one(value_view v, const global_name& python_class,
                    std::span<const enumerator> members) {
  const auto getattr = args_of(v, {"builtins", "getattr"});
  const bool by_name =
      getattr.size() == 2 && is_global(getattr[0], python_class) && getattr[1].is(kind::str);
  if (!by_name) {
    const object_state member(v, python_class);
    const value_view* number = member.find({}, 0);
    if (number == nullptr) throw_missing("value", python_class);
    return *number;
  }
  const std::string_view name = getattr[1].as_str();
  for (const enumerator& member : members) {
    if (same_name(member.name, name)) return value_view::integer(member.number);
  }
  throw conversion_error(
      fmt::format("a described member of {}.{}", python_class.module, python_class.name), name);
}

}  // namespace

value_view read_member(value_view v, const global_name& python_class,
                       std::span<const enumerator> members) {
  std::optional<std::int64_t> combined;
  // or_(or_(A, B), C): flags by name.
  const global_name or_function{"_operator", "or_"};
  for (auto either = args_of(v, or_function); either.size() == 2;
       either = args_of(v, or_function)) {
    const value_view flag = read_one(either[1], python_class, members);
    if (!flag.is(kind::integer)) throw conversion_error("int", flag);
    combined = combined.value_or(0) | flag.as_integer();
    v = either[0];
  }
  const value_view number = read_one(v, python_class, members);
  if (!combined) return number;
  if (!number.is(kind::integer)) throw conversion_error("int", number);
  return value_view::integer(*combined | number.as_integer());
}

}  // namespace pickled::inline v0::detail
