// SPDX-License-Identifier: BSL-1.0

#include "server/python/sort_key.hpp"

#include "frozen/thaw.hpp"
#include "pickle/value/utf8.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/type_name.hpp"
#include "pickled/value/attribute.hpp"
#include "python/behaviour.hpp"
#include "server/python/builtins.hpp"
#include "server/python/str_case.hpp"
#include "server/types/bytes_methods.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

[[noreturn]] void throw_type_error(const std::string& text) {
  throw python_error("TypeError", std::string_view(text));
}

// str.lower and the like. Raises as a method descriptor called with something else than a str.
template <std::string (*Convert)(std::string_view)>
value_view converted(value_view v, arena& where, std::string_view name) {
  const face f = str_face_of(v, where);
  if (f.behaves == behaviour::str) return value_builder(where).str(Convert(f.value.as_str()));
  throw_type_error(fmt::format("descriptor '{}' for 'str' objects doesn't apply to a '{}' object",
                               name, type_name(v)));
}
value_view str_lower(value_view v, arena& where) {
  return converted<lower>(v, where, "lower");
}
value_view str_upper(value_view v, arena& where) {
  return converted<upper>(v, where, "upper");
}
value_view str_casefold(value_view v, arena& where) {
  return converted<casefold>(v, where, "casefold");
}

constexpr std::string_view ascii_space = " \t\n\v\f\r\x1c\x1d\x1e\x1f";
template <bytes_methods::side Where>
std::string strip_space(std::string_view text) {
  return bytes_methods::strip(text, ascii_space, Where);
}
// Of texts with other characters than ASCII's only Python knows which are white space.
template <bytes_methods::side Where>
value_view stripped(value_view v, arena& where, std::string_view name) {
  const face f = str_face_of(v, where);
  if (f.behaves == behaviour::str && !is_ascii(f.value.as_str()))
    throw_type_error(
        fmt::format("str.{} of a text that is not ASCII is not known to this server", name));
  return converted<strip_space<Where>>(v, where, name);
}
value_view str_strip(value_view v, arena& where) {
  return stripped<bytes_methods::side::both>(v, where, "strip");
}
value_view str_lstrip(value_view v, arena& where) {
  return stripped<bytes_methods::side::left>(v, where, "lstrip");
}
value_view str_rstrip(value_view v, arena& where) {
  return stripped<bytes_methods::side::right>(v, where, "rstrip");
}

// os.path.basename of a text.
std::string last_component(std::string_view text) {
  return std::string(text.substr(text.rfind('/') + 1));
}
value_view path_basename(value_view v, arena& where) {
  const face f = str_face_of(v, where);
  if (f.behaves == behaviour::str)
    return value_builder(where).str(last_component(f.value.as_str()));
  throw_type_error(
      fmt::format("basename() of '{}' objects is not known to this server", type_name(v)));
}

// object.name of an instance that sends its attributes by name, and whose class is taken to have no
// property of that name.
value_view attribute(value_view object, std::string_view name) {
  if (object.is(kind::instance)) {
    if (const value_view* found = find_attribute(object.as_instance(), name)) return *found;
  }
  throw python_error("AttributeError",
                     fmt::format("'{}' object has no attribute '{}' that this server knows",
                                 type_name(object), name));
}

// a.b.c
value_view dotted_attribute(value_view object, std::string_view path) {
  for (;;) {
    const std::size_t dot = path.find('.');
    object = attribute(object, path.substr(0, dot));
    if (dot == path.npos) return object;
    path.remove_prefix(dot + 1);
  }
}

struct known_function {
  std::string_view name;  // of module builtins
  value_view (*function)(value_view, arena&);
};
constexpr known_function known_functions[] = {
    {"abs", builtin_abs},
    {"bool", builtin_bool},
    {"float", builtin_float},
    {"int", builtin_int},
    {"len", builtin_len},
    {"list", builtin_list},
    {"max", builtin_max},
    {"min", builtin_min},
    {"ord", builtin_ord},
    {"repr", builtin_repr},
    {"str", builtin_str},
    {"sum", builtin_sum},
    {"tuple", builtin_tuple},
    {"str.casefold", str_casefold},
    {"str.lower", str_lower},
    {"str.lstrip", str_lstrip},
    {"str.rstrip", str_rstrip},
    {"str.strip", str_strip},
    {"str.upper", str_upper},
    {"_operator.abs", builtin_abs},
    {"_operator.neg", operator_neg},
    {"_operator.truth", builtin_bool},
    {"operator.abs", builtin_abs},
    {"operator.neg", operator_neg},
    {"operator.truth", builtin_bool},
    {"posixpath.basename", path_basename},
};

// The function that methodcaller(name) calls a text's method by.
const known_function* find_method(value_view name) {
  if (!name.is(kind::str)) return nullptr;
  const std::string method = fmt::format("str.{}", name.as_str());
  const auto* found = std::ranges::find(known_functions, method, &known_function::name);
  return found == std::end(known_functions) ? nullptr : found;
}

// "str.lower" also of getattr(str, 'lower'), as which CPython sends it.
std::optional<std::string> name_of(value_view callable) {
  const auto dotted = [](const global_name& name) {
    std::string text(name.module == "builtins" ? "" : name.module);
    if (!text.empty()) text += '.';
    return text.append(name.name);
  };
  if (callable.is(kind::global)) return dotted(callable.as_global());
  if (!callable.is(kind::instance)) return std::nullopt;
  const instance_node& i = callable.as_instance();
  if (!i.callable.is(kind::global)) return std::nullopt;
  std::string name = dotted(i.callable.as_global());
  if (name != "getattr") return name;
  const auto args = i.args.as_items();
  const bool attribute = args.size() == 2 && args[0].is(kind::global) && args[1].is(kind::str);
  if (!attribute) return name;
  return fmt::format("{}.{}", dotted(args[0].as_global()), args[1].as_str());
}

}  // namespace

sort_key::sort_key(const frozen& callable) {
  const value v = thaw(callable);
  const auto name = name_of(v);
  if (!name) throw_type_error(fmt::format("'{}' object is not callable", type_name(v)));
  const bool is_instance = v->is(kind::instance);
  if (is_instance && v->as_instance().args.is(kind::tuple) && v->as_instance().args.size() != 0) {
    const value_view args = v->as_instance().args;
    const auto all_texts = [&] {
      return std::ranges::all_of(args.as_items(), [](value_view a) { return a.is(kind::str); });
    };
    if (*name == "operator.itemgetter") get_ = get_item;
    if (*name == "operator.attrgetter" && all_texts())
      get_ = [](value_view of, value_view path, arena&) {
        return dotted_attribute(of, path.as_str());
      };
    if (get_ != nullptr) {
      getters_ = v.sharing(args);
      return;
    }
    const known_function* method = *name == "operator.methodcaller" && args.size() == 1
                                       ? find_method(args.as_items()[0])
                                       : nullptr;
    if (method != nullptr) {
      function_ = method->function;
      return;
    }
  }
  for (const known_function& known : known_functions) {
    if (known.name != *name) continue;
    function_ = known.function;
    return;
  }
  throw_type_error(
      fmt::format("sort key '{}' cannot run on this server; len, abs, str, int, float, str.lower, "
                  "operator.itemgetter, operator.attrgetter and some more can",
                  *name));
}

value_view sort_key::apply(value_view v, arena& where) const {
  if (function_ != nullptr) return function_(v, where);
  const auto getters = getters_->as_items();
  if (getters.size() == 1) return get_(v, getters[0], where);
  std::vector<value_view> items;
  items.reserve(getters.size());
  for (const value_view getter : getters)
    items.push_back(get_(v, getter, where));
  return value_builder(where).tuple(items);
}

}  // namespace pickled::inline v0::detail
