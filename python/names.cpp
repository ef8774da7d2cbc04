// SPDX-License-Identifier: BSL-1.0

#include "python/names.hpp"

#include "pickle/value/utf8.hpp"
#include "python/behaviour.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <tuple>

namespace pickled::inline v0::detail {
namespace {

#include "python/builtin_names.inc"

static_assert(std::ranges::is_sorted(builtin_functions, std::less<>{}, [](const global_name& n) {
  return std::tie(n.module, n.name);
}));

constexpr std::array<std::string_view, 4> iterator_makers{"enumerate", "filter", "map", "zip"};

}  // namespace

global_sort sort_of(const global_name& name) {
  if (name == global_name{"builtins", "Ellipsis"} ||
      name == global_name{"builtins", "NotImplemented"}) {
    return global_sort::constant;
  }
  const auto key = [](const global_name& n) { return std::tie(n.module, n.name); };
  const bool function =
      std::ranges::binary_search(builtin_functions, key(name), std::less<>{}, key);
  return function ? global_sort::builtin_function : global_sort::type;
}

bool is_exception(const global_name& name) {
  if (name.module == "builtins") {
    return std::ranges::binary_search(builtin_exceptions, name.name);
  }
  return name == global_name{"queue", "Full"} || name == global_name{"queue", "Empty"} ||
         name == global_name{"_queue", "Empty"} || name == global_name{"queue", "ShutDown"} ||
         name == global_name{"threading", "BrokenBarrierError"} ||
         name == global_name{"multiprocessing.managers", "RemoteError"};
}

std::string_view iterator_type(const instance_node& i) {
  if (i.how != instance_node::construction::reduce || !i.callable.is(kind::global) ||
      i.callable.as_global().module != "builtins" || !i.args.is(kind::tuple)) {
    return {};
  }
  const std::string_view maker = i.callable.as_global().name;
  if (std::ranges::find(iterator_makers, maker) != iterator_makers.end()) return maker;
  if (i.args.size() != 1) return {};
  const face of = face_of(i.args.as_items()[0]);
  if (maker == "reversed") {
    return of.behaves == behaviour::list ? "list_reverseiterator" : "reversed";
  }
  if (maker != "iter") return {};
  switch (of.behaves) {
    case behaviour::list: return "list_iterator";
    case behaviour::tuple: return "tuple_iterator";
    case behaviour::str: return is_ascii(of.value.as_str()) ? "str_ascii_iterator" : "str_iterator";
    case behaviour::bytes:
      return of.value.is(kind::bytearray) ? "bytearray_iterator" : "bytes_iterator";
    case behaviour::range: return "range_iterator";
    case behaviour::array: return "array.arrayiterator";
    default: return "iterator";
  }
}

}  // namespace pickled::inline v0::detail
