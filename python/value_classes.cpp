// SPDX-License-Identifier: BSL-1.0

#include "python/value_classes.hpp"

#include "python/behaviour.hpp"
#include "python/number.hpp"
#include "python/recipe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fnmatch.h>

namespace pickled::inline v0::detail {
namespace {

std::vector<std::string> value_classes;

bool is_value_class(const global_name& name) {
  if (value_classes.empty() || name.module.empty()) return false;
  const std::string full = fmt::format("{}.{}", name.module, name.name);
  return std::ranges::any_of(value_classes, [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), full.c_str(), FNM_NOESCAPE) == 0;
  });
}

bool is_made_of_nothing(const instance_node& i) {
  const recipe r = recipe_of(i);
  return r.how == instance_node::construction::newobj && r.args.is(kind::tuple) &&
         r.args.size() == 0 && r.base.is_none();
}

}  // namespace

void compare_by_value(std::vector<std::string> patterns) {
  value_classes = std::move(patterns);
}

std::optional<value_view> value_of_member(const instance_node& i) {
  const bool call = i.how == instance_node::construction::reduce && i.callable.is(kind::global) &&
                    i.args.is(kind::tuple) && i.args.size() == 1;
  if (!call || !is_value_class(i.callable.as_global())) return std::nullopt;
  const value_view member = i.args.as_items()[0];
  switch (member.kind()) {
    case kind::integer:
    case kind::big_integer:
    case kind::real:
    case kind::bytes:
    case kind::tuple:
    case kind::list:
    case kind::instance: return member;
    case kind::str:
      return is_text_of_number(member.as_str()) ? std::nullopt : std::optional(member);
    default: return std::nullopt;
  }
}

bool is_undecidable(const instance_node& i) {
  if (value_classes.empty() || !i.args.is(kind::tuple) || i.args.size() == 0) return false;
  const value_view first = i.args.as_items()[0];
  const bool text = i.how == instance_node::construction::reduce && i.args.size() == 1 &&
                    first.is(kind::str) && is_text_of_number(first.as_str());
  const bool tuple_or_first =
      i.how == instance_node::construction::newobj && i.args.size() > 1 && i.changes.size != 0;
  return (text || tuple_or_first) && i.callable.is(kind::global) &&
         is_value_class(i.callable.as_global());
}

bool is_text_of_number(std::string_view text) {
  return parse_decimal(text) || parse_fraction(text);
}

bool read_fields(const instance_node& i, std::vector<value_view>& names,
                 std::vector<value_view>& values) {
  if (!is_made_of_nothing(i) || i.changes.size != 1 || !is_value_class(class_of(i))) return false;
  value_view state = state_of(i);
  // Of a dataclass with slots CPython sends the values alone, of other slots (None, dict).
  if (state.is(kind::list)) {
    values.assign(state.as_items().begin(), state.as_items().end());
    return true;
  }
  if (state.is(kind::tuple) && state.size() == 2 && state.as_items()[0].is_none())
    state = state.as_items()[1];
  if (!state.is(kind::dict)) return false;
  for (const dict_entry& entry : state.as_entries()) {
    names.push_back(entry.key);
    values.push_back(entry.value);
  }
  return true;
}

}  // namespace pickled::inline v0::detail
