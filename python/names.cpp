// SPDX-License-Identifier: BSL-1.0

#include "python/names.hpp"

#include "pickle/value/utf8.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/value/proxy_reference.hpp"
#include "python/behaviour.hpp"
#include "python/numpy_scalar.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace pickled {
namespace {

#include "python/builtin_names.inc"

static_assert(std::ranges::is_sorted(builtin_functions, std::less<>{}, [](const global_name& n) {
  return std::tie(n.module, n.name);
}));

// Classes written in C say their module in CPython's messages.
struct c_class {
  global_name name;
  std::string_view text;
};
constexpr std::array c_classes{
    c_class{{"array", "array"}, "array.array"},
    c_class{{"array", "_array_reconstructor"}, "array.array"},
    c_class{{"collections", "OrderedDict"}, "collections.OrderedDict"},
    c_class{{"collections", "defaultdict"}, "collections.defaultdict"},
    c_class{{"collections", "deque"}, "collections.deque"},
    c_class{{"datetime", "date"}, "datetime.date"},
    c_class{{"datetime", "datetime"}, "datetime.datetime"},
    c_class{{"datetime", "time"}, "datetime.time"},
    c_class{{"datetime", "timedelta"}, "datetime.timedelta"},
    c_class{{"datetime", "timezone"}, "datetime.timezone"},
    c_class{{"decimal", "Decimal"}, "decimal.Decimal"},
    c_class{{"numpy", "ndarray"}, "numpy.ndarray"},
    c_class{{"functools", "partial"}, "functools.partial"},
    c_class{{"itertools", "count"}, "itertools.count"},
    c_class{{"operator", "attrgetter"}, "operator.attrgetter"},
    c_class{{"operator", "itemgetter"}, "operator.itemgetter"},
    c_class{{"operator", "methodcaller"}, "operator.methodcaller"},
    c_class{{"os", "stat_result"}, "os.stat_result"},
    c_class{{"re", "_compile"}, "re.Pattern"},
    c_class{{"time", "struct_time"}, "time.struct_time"},
    c_class{{"types", "SimpleNamespace"}, "types.SimpleNamespace"},
};

constexpr std::array<std::string_view, 4> iterator_makers{"enumerate", "filter", "map", "zip"};

std::string_view type_of_global(const global_name& name) {
  switch (sort_of(name)) {
    case global_sort::type: return "type";
    case global_sort::builtin_function: return "builtin_function_or_method";
    case global_sort::constant: break;
  }
  return name.name == "Ellipsis" ? "ellipsis" : "NotImplementedType";
}

std::string_view type_of_instance(value_view v) {
  const instance_node& i = v.as_instance();
  if (const auto scalar = read_numpy_scalar(i)) return scalar->type_name();
  const behaviour what = face_of(v).what;
  if (what == behaviour::zone_info) return "zoneinfo.ZoneInfo";
  if (what == behaviour::type_union) return "types.UnionType";
  if (const std::string_view iterator = iterator_type(i); !iterator.empty()) return iterator;
  const global_name name = class_of(i);
  // A method of some object.
  if (name == global_name{"builtins", "getattr"} && i.args.is(kind::tuple) && i.args.size() != 0)
    return i.args.as_items()[0].is(kind::instance) ? "method" : "builtin_function_or_method";
  const auto found = std::ranges::find(c_classes, name, &c_class::name);
  if (found != c_classes.end()) return found->text;
  if (name.name.empty()) return "object";
  return name.name.substr(name.name.rfind('.') + 1);
}

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
    return of.what == behaviour::list ? "list_reverseiterator" : "reversed";
  }
  if (maker != "iter") return {};
  switch (of.what) {
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

std::string_view type_name(value_view v) {
  switch (v.kind()) {
    case kind::none: return "NoneType";
    case kind::boolean: return "bool";
    case kind::integer:
    case kind::big_integer: return "int";
    case kind::real: return "float";
    case kind::complex: return "complex";
    case kind::str: return "str";
    case kind::bytes: return "bytes";
    case kind::bytearray: return "bytearray";
    case kind::tuple: return "tuple";
    case kind::list: return "list";
    case kind::dict: return "dict";
    case kind::set: return "set";
    case kind::frozenset: return "frozenset";
    case kind::global: return type_of_global(v.as_global());
    case kind::extension: return "type";
    case kind::persistent: return "object";
    case kind::buffer: return v.as_buffer().readonly ? "memoryview" : "bytearray";
    case kind::proxy: return v.as_proxy().proxytype;
    case kind::instance: break;
  }
  return type_of_instance(v);
}

}  // namespace pickled
