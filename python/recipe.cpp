// SPDX-License-Identifier: BSL-1.0

#include "python/recipe.hpp"

#include "pickled/value/as_call.hpp"
#include "python/behaviour.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

using construction = instance_node::construction;

value_view no_args() noexcept {
  return value_view::items(kind::tuple, nullptr, 0, 1);
}

// The name is that of Python 2 where names are not mapped.
std::optional<recipe> read_reconstructor(const instance_node& i) {
  const bool known = is_global(i.callable, {"copyreg", "_reconstructor"}) ||
                     is_global(i.callable, {"copy_reg", "_reconstructor"});
  if (!known || i.args.size() != 3) return std::nullopt;
  const std::span<const value_view> args = i.args.as_items();
  return recipe{construction::newobj, args[0], no_args(), {}, args[2]};
}

// cls.__new__, or that of a class above it: a name, or getattr of one.
bool is_new(value_view function) {
  if (function.is(kind::global)) return function.as_global().name.ends_with(".__new__");
  const instance_node* const got = as_call(function, {"builtins", "getattr"});
  if (got == nullptr || got->args.size() != 2) return false;
  return got->args.as_items()[1].if_str() == "__new__";
}

// The state of a partial is (function, args, kwargs, __dict__).
std::optional<recipe> read_partial(const instance_node& i) {
  const instance_node* const partial = as_call(i.callable, {"functools", "partial"});
  if (partial == nullptr || i.args.size() != 0) return std::nullopt;
  const value_view state = state_of(*partial);
  if (!state.is(kind::tuple) || state.size() != 4) return std::nullopt;
  const std::span<const value_view> parts = state.as_items();
  const bool right = is_new(parts[0]) && parts[1].is(kind::tuple) && parts[1].size() != 0 &&
                     parts[2].is(kind::dict);
  if (!right) return std::nullopt;
  const std::span<const value_view> args = parts[1].as_items();
  const bool hashable = parts[1].hashable();
  const value_view rest = args.size() == 1
                              ? no_args()
                              : value_view::items(kind::tuple, args.data() + 1, args.size() - 1,
                                                  parts[1].depth(), hashable);
  return recipe{construction::newobj_ex, args[0], rest, parts[2]};
}

}  // namespace

std::optional<dotted_name> dotted_name_of(value_view v) {
  constexpr std::size_t deepest = 100;
  std::vector<std::string_view> attributes;
  while (const instance_node* const got = as_call(v, {"builtins", "getattr"})) {
    const bool named = got->args.size() == 2 && got->args.as_items()[1].is(kind::str) &&
                       got->changes.size == 0 && attributes.size() != deepest;
    if (!named) return std::nullopt;
    attributes.push_back(got->args.as_items()[1].as_str());
    v = got->args.as_items()[0];
  }
  if (!v.is(kind::global)) return std::nullopt;
  dotted_name name{v.as_global().module, std::string(v.as_global().name)};
  for (auto attribute = attributes.rbegin(); attribute != attributes.rend(); ++attribute)
    name.name.append(".").append(*attribute);
  return name;
}

recipe recipe_of(const instance_node& i) {
  if (i.how == construction::reduce && i.args.is(kind::tuple)) {
    if (const auto reconstructed = read_reconstructor(i)) return *reconstructed;
    if (const auto made = read_partial(i)) return *made;
  }
  return {i.how, i.callable, i.args, i.kwargs};
}

}  // namespace pickled::inline v0::detail
