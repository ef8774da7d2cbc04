// Objects of the standard library whose repr() is, or begins with, that of what they hold.

#include "pickle/as_call.hpp"
#include "pickle/python/repr_writer.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string>
#include <vector>

namespace pickled {
namespace {

// The one attribute of an object that has no other.
value_view only_attribute(const instance_node& i, std::string_view name) {
  const value_view state = state_of(i);
  if (!state.is(kind::dict)) return {};
  value_view found;
  for (const auto& [key, item] : state.as_entries())
    if (key.is(kind::str) && key.as_str() == name) found = item;
  return found;
}

// Deeper ones, and those that share their parts, print as any other instance.
constexpr std::size_t deepest_annotation = 20;
constexpr std::size_t longest_annotation = 4096;

// An annotation: `int`, `list[int]`, `None`. False for what has no such text.
bool write_type(value_view v, std::string& out);

bool write_types(std::span<const value_view> types, std::string_view between, std::string& out) {
  for (std::size_t n = 0; n != types.size(); ++n) {
    if (n != 0) out += between;
    if (!write_type(types[n], out)) return false;
  }
  return true;
}

// GenericAlias(origin, args)
bool write_alias(const instance_node& i, std::string& out) {
  const auto args = i.args.as_items();
  if (args.size() != 2 || !args[1].is(kind::tuple) || !write_type(args[0], out)) return false;
  out += '[';
  if (args[1].size() == 0) out += "()";
  if (!write_types(args[1].as_items(), ", ", out)) return false;
  out += ']';
  return true;
}

// reduce(or_, types)
bool write_union(const instance_node& i, std::string& out) {
  const auto args = i.args.as_items();
  return args.size() == 2 && is_global(args[0], {"_operator", "or_"}) && args[1].is(kind::tuple) &&
         write_types(args[1].as_items(), " | ", out);
}

bool write_type(value_view v, std::string& out) {
  if (v.is_none()) {
    out += "None";
    return true;
  }
  if (v.is(kind::global)) {
    const auto& [module, name] = v.as_global();
    if (name == "Ellipsis") {
      out += "...";
      return true;
    }
    if (module != "builtins") out.append(module).append(".");
    out += name;
    return true;
  }
  // type(None)
  if (const instance_node* call = as_call(v, {"builtins", "type"})) {
    const auto args = call->args.as_items();
    if (args.size() != 1 || !args[0].is_none()) return false;
    out += "None";
    return true;
  }
  if (v.depth() > deepest_annotation || out.size() > longest_annotation) return false;
  if (const instance_node* alias = as_call(v, {"types", "GenericAlias"}))
    return write_alias(*alias, out);
  if (const instance_node* made = as_call(v, {"_functools", "reduce"}))
    return write_union(*made, out);
  if (const instance_node* made = as_call(v, {"functools", "reduce"}))
    return write_union(*made, out);
  return false;
}

}  // namespace

bool repr_writer::write_wrapper(const instance_node& i, const global_name& name) {
  if (name.module == "collections") {
    if (name.name == "ChainMap") {
      const value_view maps = only_attribute(i, "maps");
      if (!maps.is(kind::list)) return false;
      if (repeats(&i, "...")) return true;
      out_ += "ChainMap(";
      push_items(&i, maps.as_items(), ")");
      return true;
    }
    if (name.name != "UserDict" && name.name != "UserList" && name.name != "UserString")
      return false;
    const value_view data = only_attribute(i, "data");
    if (!data.is(kind::dict) && !data.is(kind::list) && !data.is(kind::str)) return false;
    write_value(data);
    return true;
  }
  std::string text;
  const bool alias = name == global_name{"types", "GenericAlias"};
  const bool reduced =
      name.name == "reduce" && (name.module == "_functools" || name.module == "functools");
  if (!(alias || reduced) || !i.args.is(kind::tuple)) return false;
  if (!(alias ? write_alias(i, text) : write_union(i, text))) return false;
  out_ += text;
  return true;
}

}  // namespace pickled
