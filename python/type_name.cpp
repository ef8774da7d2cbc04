// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/type_name.hpp"

#include "pickled/value/proxy_reference.hpp"
#include "python/behaviour.hpp"
#include "python/names.hpp"
#include "python/numpy_scalar.hpp"

#include <algorithm>
#include <array>

namespace pickled::inline v0::detail {
namespace {

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
  const behaviour behaves = face_of(v).behaves;
  if (behaves == behaviour::zone_info) return "zoneinfo.ZoneInfo";
  if (behaves == behaviour::type_union) return "types.UnionType";
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

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

std::string_view type_name(value_argument v) {
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
    case kind::global: return detail::type_of_global(v.as_global());
    case kind::extension: return "type";
    case kind::persistent: return "object";
    case kind::buffer: return v.as_buffer().readonly ? "memoryview" : "bytearray";
    case kind::proxy: return v.as_proxy().proxytype;
    case kind::instance: break;
  }
  return detail::type_of_instance(v);
}

PICKLED_END_NAMESPACE
