// SPDX-License-Identifier: BSL-1.0

// Objects of the standard library whose repr() is, or begins with, that of what they hold.

#include "pickled/value/as_call.hpp"
#include "pickled/value/attribute.hpp"
#include "python/repr_writer.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {
namespace {

// What is deeper or longer prints as any other instance: a small pickle may repeat its parts often.
constexpr std::size_t deepest_annotation = 20;
constexpr std::size_t longest_annotation = 4096;

// The parts of an annotation: `int`, `list[int]`, `None`. False for what has no such text.
bool write_type(value_view v, std::string& out);

bool write_types(std::span<const value_view> types, std::string_view between, std::string& out) {
  for (std::size_t n = 0; n != types.size(); ++n) {
    if (n != 0) out += between;
    if (!write_type(types[n], out)) return false;
  }
  return true;
}

// GenericAlias(origin, args)
bool write_alias(value_view origin, value_view args, std::string& out) {
  if (!args.is(kind::tuple) || !write_type(origin, out)) return false;
  out += '[';
  if (args.size() == 0) out += "()";
  if (!write_types(args.as_items(), ", ", out)) return false;
  out += ']';
  return true;
}

bool write_annotation(value_view v, std::string& out) {
  if (const face f = face_of(v); f.behaves == behaviour::type_union) {
    return write_types(f.value.as_items(), " | ", out);
  }
  const instance_node& i = v.as_instance();
  if (!i.callable.is(kind::global) || !i.args.is(kind::tuple) || i.args.size() != 2) return false;
  const auto args = i.args.as_items();
  const auto& [module, name] = i.callable.as_global();
  return module == "types" && name == "GenericAlias" && write_alias(args[0], args[1], out);
}

void write_name(const global_name& name, std::string& out) {
  if (name.name == "Ellipsis") {
    out += "...";
    return;
  }
  if (name.module != "builtins") out.append(name.module).append(".");
  out += name.name;
}

bool write_type(value_view v, std::string& out) {
  if (v.depth() > deepest_annotation || out.size() > longest_annotation) return false;
  if (v.is(kind::global)) {
    write_name(v.as_global(), out);
    return true;
  }
  const instance_node* made = as_call(v, {"builtins", "type"});
  const bool none_type =
      made != nullptr && made->args.size() == 1 && made->args.as_items()[0].is_none();
  if (v.is_none() || none_type) {
    out += "None";
    return true;
  }
  return v.is(kind::instance) && write_annotation(v, out);
}

}  // namespace

bool repr_writer::write_wrapper(value_view v, const global_name& name) {
  const instance_node& i = v.as_instance();
  if (name.module == "collections") {
    if (name.name == "ChainMap") {
      const value_view maps = attribute_of(i, "maps");
      if (!maps.is(kind::list)) return false;
      if (repeats(&i, "...")) return true;
      out_ += "ChainMap(";
      push_items(&i, maps.as_items(), ")");
      return true;
    }
    return false;
  }
  std::string text;
  if (!write_annotation(v, text)) return false;
  out_ += text;
  return true;
}

}  // namespace pickled::inline v0::detail
