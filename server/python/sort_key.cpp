// SPDX-License-Identifier: BSL-1.0

#include "server/python/sort_key.hpp"

#include "frozen/freezer.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "python/behaviour.hpp"
#include "server/python/builtins.hpp"
#include "server/python/str_case.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pickled {
namespace {

[[noreturn]] void throw_type_error(const std::string& text) {
  throw python_error("TypeError", std::string_view(text));
}

// str.lower and the like. Raises as a method descriptor called with something else than a str.
template <std::string (*Convert)(std::string_view)>
value_view converted(value_view v, arena& where, std::string_view name) {
  const face f = face_of(v, &where);
  if (f.what == behaviour::str) return value_builder(where).str(Convert(f.value.as_str()));
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

struct known_function {
  std::string_view name;  // of module builtins
  value_view (*function)(value_view, arena&);
};
constexpr known_function known_functions[] = {
    {"len", builtin_len},     {"abs", builtin_abs},           {"str", builtin_str},
    {"int", builtin_int},     {"float", builtin_float},       {"str.lower", str_lower},
    {"str.upper", str_upper}, {"str.casefold", str_casefold},
};

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
  if (is_instance && *name == "operator.itemgetter" && v->as_instance().args.size() != 0) {
    getters_ = v.sharing(v->as_instance().args);
    return;
  }
  for (const known_function& known : known_functions) {
    if (known.name != *name) continue;
    function_ = known.function;
    return;
  }
  throw_type_error(
      fmt::format("sort key '{}' cannot run on this server; len, abs, str, int, float, str.lower, "
                  "str.upper, str.casefold and operator.itemgetter can",
                  *name));
}

value_view sort_key::apply(value_view v, arena& where) const {
  if (function_ != nullptr) return function_(v, where);
  const auto getters = getters_->as_items();
  if (getters.size() == 1) return get_item(v, getters[0], where);
  std::vector<value_view> items;
  items.reserve(getters.size());
  for (const value_view getter : getters)
    items.push_back(get_item(v, getter, where));
  return value_builder(where).tuple(items);
}

}  // namespace pickled
