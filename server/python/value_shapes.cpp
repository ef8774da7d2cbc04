// SPDX-License-Identifier: BSL-1.0

#include "server/python/value_shapes.hpp"

#include "pickle/value/children.hpp"
#include "pickled/value/as_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

// Of more arguments, or attributes, only the number counts.
constexpr std::size_t most_told = 32;

void tell_global(const global_name& name, std::string& shape) {
  fmt::format_to(std::back_inserter(shape), "{}.{} ", name.module, name.name);
}

void tell_kind(value_view v, std::string& shape) {
  fmt::format_to(std::back_inserter(shape), "{}", static_cast<unsigned>(v.kind()));
  if (v.is(kind::global)) tell_global(v.as_global(), shape);
  shape += ' ';
}

void tell_text(value_view v, std::string& shape) {
  if (!v.is(kind::str)) return tell_kind(v, shape);
  shape.append(v.as_str()).append(" ");
}

void tell_items(value_view v, bool by_text, std::string& shape) {
  fmt::format_to(std::back_inserter(shape), "({} ", v.size());
  if (v.size() > most_told) return;
  for (const value_view item : v.as_items())
    by_text ? tell_text(item, shape) : tell_kind(item, shape);
}

void tell_names(value_view dict, std::string& shape) {
  fmt::format_to(std::back_inserter(shape), "{{{} ", dict.size());
  if (dict.size() > most_told) return;
  for (const dict_entry& entry : dict.as_entries())
    tell_text(entry.key, shape);
}

void tell_contents(value_view v, bool by_text, std::string& shape) {
  switch (v.kind()) {
    case kind::tuple: return tell_items(v, by_text, shape);
    case kind::dict: return tell_names(v, shape);
    default: tell_kind(v, shape);
  }
}

std::string shape_of_call(const instance_node& i) {
  std::string shape = fmt::format("{}:", static_cast<unsigned>(i.how));
  tell_kind(i.callable, shape);
  // getattr(Color, 'red') is there or not by its text.
  tell_contents(i.args, is_global(i.callable, {"builtins", "getattr"}), shape);
  tell_contents(i.kwargs, false, shape);
  const instance_node::change* before = nullptr;
  for (const instance_node::change& change : i.changes.view()) {
    const bool state = change.action == instance_node::change::action::build;
    if (!state && before != nullptr && before->action == change.action) continue;
    before = &change;
    fmt::format_to(std::back_inserter(shape), "!{} ", static_cast<unsigned>(change.action));
    if (state) tell_contents(change.first, false, shape);
  }
  return shape;
}

}  // namespace

std::unordered_set<std::string> value_shapes(value_view v) {
  std::unordered_set<std::string> shapes;
  std::unordered_set<const void*> seen;
  std::vector<value_view> left{v};
  while (!left.empty()) {
    const value_view one = left.back();
    left.pop_back();
    if (one.is(kind::global)) {
      std::string shape;
      tell_global(one.as_global(), shape);
      shapes.insert(std::move(shape));
    } else if (one.is(kind::extension)) {
      shapes.insert(fmt::format("extension {}", one.as_extension()));
    }
    const std::size_t count = child_count(one);
    if (count == 0 || !seen.insert(one.identity()).second) continue;
    if (one.is(kind::instance)) shapes.insert(shape_of_call(one.as_instance()));
    for (std::size_t i = 0; i != count; ++i)
      left.push_back(child_at(one, i));
  }
  return shapes;
}

}  // namespace pickled::inline v0::detail
