// SPDX-License-Identifier: BSL-1.0

#include "python/behaviour.hpp"

#include "pickled/value/as_call.hpp"
#include "pickled/value/attribute.hpp"
#include "python/array.hpp"
#include "python/calendar.hpp"
#include "python/ip_address.hpp"
#include "python/numpy_scalar.hpp"
#include "python/pandas.hpp"
#include "python/range.hpp"
#include "python/raw_array.hpp"
#include "python/recipe.hpp"
#include "python/value_classes.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>
#include <unordered_set>

namespace pickled::inline v0::detail {
namespace {

struct known_class {
  std::string_view module;
  std::string_view name;
  behaviour behaves;
};

// Sorted by module and name.
constexpr std::array known_classes{
    known_class{"array", "_array_reconstructor", behaviour::array},
    known_class{"array", "array", behaviour::array},
    known_class{"builtins", "bytearray", behaviour::bytes},
    known_class{"builtins", "dict", behaviour::dict},
    known_class{"builtins", "frozenset", behaviour::set},
    known_class{"builtins", "list", behaviour::list},
    known_class{"builtins", "range", behaviour::range},
    known_class{"builtins", "set", behaviour::set},
    known_class{"builtins", "slice", behaviour::slice},
    known_class{"builtins", "tuple", behaviour::tuple},
    known_class{"collections", "Counter", behaviour::counter},
    known_class{"collections", "OrderedDict", behaviour::ordered_dict},
    known_class{"collections", "defaultdict", behaviour::defaultdict},
    known_class{"collections", "deque", behaviour::deque},
    known_class{"datetime", "date", behaviour::date},
    known_class{"datetime", "datetime", behaviour::datetime},
    known_class{"datetime", "time", behaviour::time},
    known_class{"datetime", "timedelta", behaviour::timedelta},
    known_class{"datetime", "timezone", behaviour::timezone},
    known_class{"decimal", "Decimal", behaviour::number},
    known_class{"fractions", "Fraction", behaviour::number},
    known_class{"ipaddress", "IPv4Address", behaviour::ip_address},
    known_class{"ipaddress", "IPv6Address", behaviour::ip_address},
    // Which of these are no times, face_of_numpy finds out.
    known_class{"numpy._core.multiarray", "scalar", behaviour::numpy_time},
    known_class{"numpy.core.multiarray", "scalar", behaviour::numpy_time},
    known_class{"pandas._libs.tslibs.timedeltas", "_timedelta_unpickle", behaviour::pandas_time},
    known_class{"pandas._libs.tslibs.timestamps", "_unpickle_timestamp", behaviour::pandas_time},
    known_class{"pathlib", "PosixPath", behaviour::path},
    known_class{"pathlib", "PurePosixPath", behaviour::path},
    known_class{"pathlib", "PureWindowsPath", behaviour::windows_path},
    known_class{"pathlib", "WindowsPath", behaviour::windows_path},
    known_class{"pathlib._local", "PosixPath", behaviour::path},
    known_class{"pathlib._local", "PurePosixPath", behaviour::path},
    known_class{"pathlib._local", "PureWindowsPath", behaviour::windows_path},
    known_class{"pathlib._local", "WindowsPath", behaviour::windows_path},
    known_class{"types", "SimpleNamespace", behaviour::simple_namespace},
    known_class{"uuid", "UUID", behaviour::uuid},
};

behaviour behaviour_named(const global_name& name) {
  const auto key = [](const known_class& c) { return std::tie(c.module, c.name); };
  const auto found =
      std::ranges::lower_bound(known_classes, std::tie(name.module, name.name), std::less<>{}, key);
  if (found == known_classes.end() || key(*found) != std::tie(name.module, name.name)) {
    return behaviour::other;
  }
  return found->behaves;
}

using construction = instance_node::construction;
using action = enum instance_node::change::action;

bool is_int(value_view v) {
  return v.is(kind::integer) || v.is(kind::big_integer);
}

std::optional<fraction_number::part> part_of(value_view v) {
  if (v.is(kind::integer)) return fraction_number::part(v.as_integer());
  if (v.is(kind::big_integer)) return fraction_number::part(integer_bytes(v.as_bytes()));
  return std::nullopt;
}

std::optional<number> read_fraction(std::span<const value_view> args) {
  if (args.size() == 1 && args[0].is(kind::str)) {
    if (auto f = parse_fraction(args[0].as_str())) return *f;
  }
  if (args.size() != 2) return std::nullopt;
  const auto numerator = part_of(args[0]);
  const auto denominator = part_of(args[1]);
  const bool zero = args[1].is(kind::integer) && args[1].as_integer() == 0;
  if (!numerator || !denominator || zero) return std::nullopt;
  return fraction_number{*numerator, *denominator};
}

std::optional<number> read_number(const instance_node& i) {
  if (!i.callable.is(kind::global) || i.how != construction::reduce) return std::nullopt;
  const global_name name = i.callable.as_global();
  if (behaviour_named(name) != behaviour::number || !i.args.is(kind::tuple)) return std::nullopt;
  const auto args = i.args.as_items();
  if (name.name == "Fraction") return read_fraction(args);
  if (name.name != "Decimal" || args.size() != 1 || !args[0].is(kind::str)) return std::nullopt;
  if (auto d = parse_decimal(args[0].as_str())) return *std::move(d);
  return std::nullopt;
}

// REDUCE of a native type with a native argument: the views of a dict are sent as list([...]).
bool converts(behaviour b, const instance_node& i) {
  if (i.args.size() != 1 || i.changes.size != 0) return false;
  const value_view v = i.args.as_items()[0];
  if (b == behaviour::dict) return v.is(kind::dict);
  if (b == behaviour::bytes) return v.is(kind::bytes);
  return v.is(kind::list) || v.is(kind::tuple) || v.is(kind::set) || v.is(kind::frozenset);
}

// CPython sends deque((), maxlen) and appends the items, our server deque([items], maxlen).
bool is_deque(std::span<const value_view> args) {
  if (args.empty()) return true;
  if (!args[0].is(kind::tuple) && !args[0].is(kind::list)) return false;
  if (args.size() == 1) return true;
  return args.size() == 2 &&
         (args[1].is_none() || (args[1].is(kind::integer) && args[1].as_integer() >= 0));
}

// What is longer than any system takes is no path: a small pickle may repeat one long part often.
bool is_path(std::span<const value_view> parts) {
  constexpr std::size_t longest = std::size_t{1} << 20;
  std::size_t size = 0;
  for (const value_view part : parts) {
    if (!part.is(kind::str)) return false;
    size += part.as_str().size();
    if (size > longest) return false;
  }
  return true;
}

// Whether the pickle of a known class has the shape that the class itself gives it.
bool is_well_formed(behaviour b, const instance_node& i) {
  const auto args = i.args.as_items();
  switch (b) {
    case behaviour::number: return read_number(i).has_value();
    case behaviour::bytes:
    case behaviour::tuple:
    case behaviour::list:
    case behaviour::set:
    case behaviour::dict: return converts(b, i);
    case behaviour::ordered_dict: return args.empty();
    case behaviour::counter: return args.empty() || (args.size() == 1 && args[0].is(kind::dict));
    case behaviour::defaultdict: return args.size() <= 1;
    case behaviour::deque: return is_deque(args);
    case behaviour::array: return is_array(i);
    case behaviour::range: return read_range(i).has_value();
    case behaviour::slice: return args.size() == 3;
    case behaviour::date: return read_date(i).has_value();
    case behaviour::datetime: return read_datetime(i).has_value();
    case behaviour::time: return read_time(i).has_value();
    case behaviour::timedelta: return read_timedelta(i).has_value();
    case behaviour::timezone: return read_timezone(i).has_value();
    case behaviour::path:
    case behaviour::windows_path: return is_path(args);
    case behaviour::ip_address: return read_ip_address(i).has_value();
    case behaviour::simple_namespace:
      return args.empty() && (state_of(i).is_none() || state_of(i).is(kind::dict));
    default: return true;
  }
}

// ZoneInfo._unpickle(key, from_cache), its function fetched by getattr.
bool is_zone_info(const instance_node& i) {
  if (!i.callable.is(kind::instance)) return false;
  const instance_node& getter = i.callable.as_instance();
  if (getter.callable.kind() != kind::global || !getter.args.is(kind::tuple)) return false;
  const auto path = getter.args.as_items();
  const auto args = i.args.as_items();
  return getter.callable.as_global() == global_name{"builtins", "getattr"} && path.size() == 2 &&
         path[0].is(kind::global) && path[0].as_global() == global_name{"zoneinfo", "ZoneInfo"} &&
         path[1].is(kind::str) && path[1].as_str() == "_unpickle" && args.size() == 2 &&
         args[0].is(kind::str);
}

bool is_uuid(value_view cls, const instance_node& i) {
  const value_view state = state_of(i);
  if (!cls.is(kind::global) || behaviour_named(cls.as_global()) != behaviour::uuid ||
      !state.is(kind::dict)) {
    return false;
  }
  const auto entries = state.as_entries();
  return !entries.empty() && entries[0].key.is(kind::str) && entries[0].key.as_str() == "int" &&
         is_int(entries[0].value);
}

// A subclass of a type whose plain value is `v`.
behaviour behaviour_of_base(value_view v) {
  switch (v.kind()) {
    case kind::integer:
    case kind::big_integer:
    case kind::real: return behaviour::number;
    case kind::str: return behaviour::str;
    case kind::bytes: return behaviour::bytes;
    case kind::tuple: return behaviour::tuple;
    default: return behaviour::other;
  }
}

// Of several maps the first one that has a key counts. One that stands there twice adds nothing, so
// that no more is made than the pickle has.
value_view merged_maps(std::span<const value_view> maps, arena& made) {
  std::unordered_set<const void*> seen;
  std::vector<value_view> distinct;
  for (const value_view map : maps) {
    if (seen.insert(map.identity()).second) distinct.push_back(map);
  }
  std::vector<dict_entry> entries;
  for (auto map = distinct.rbegin(); map != distinct.rend(); ++map)
    entries.insert(entries.end(), map->as_entries().begin(), map->as_entries().end());
  return value_builder(made).dict(entries);
}

// The classes of collections that hold what they behave as in an attribute.
std::optional<face> face_of_wrapper(const recipe& r, const instance_node& i, arena* made) {
  if (!r.callable.is(kind::global) || r.callable.as_global().module != "collections")
    return std::nullopt;
  const std::string_view name = r.callable.as_global().name;
  const value_view data = attribute_of(i, "data");
  if (name == "UserDict" && data.is(kind::dict)) return face{behaviour::dict, data};
  if (name == "UserList" && data.is(kind::list)) return face{behaviour::list, data};
  if (name == "UserString" && data.is(kind::str)) return face{behaviour::str, data};
  const value_view maps = attribute_of(i, "maps");
  const bool chained =
      made != nullptr && name == "ChainMap" && maps.is(kind::list) &&
      std::ranges::all_of(maps.as_items(), [](value_view map) { return map.is(kind::dict); });
  if (!chained) return std::nullopt;
  return face{behaviour::dict, merged_maps(maps.as_items(), *made)};
}

// Subclasses of native types as protocols 0 and 1 send them.
face face_of_reconstructed(value_view v, const instance_node& i, const recipe& r) {
  if (is_uuid(r.callable, i)) return {behaviour::uuid, v};
  if (r.base.is(kind::list)) return {behaviour::list, r.base};
  if (r.base.is(kind::dict)) return {behaviour::dict, r.base};
  const behaviour b = behaviour_of_base(r.base);
  return {b, b == behaviour::other ? v : r.base};
}

// The same as their default __reduce_ex__ sends them from protocol 2 on.
face face_of_newobj(value_view v, const instance_node& i) {
  const auto args = i.args.as_items();
  if (args.size() == 1) {
    if (is_frozendict(i)) return {behaviour::dict, args[0]};
    const behaviour b = behaviour_of_base(args[0]);
    return {b, b == behaviour::other ? v : args[0]};
  }
  if (!args.empty()) {
    // NT(1, 2): a named tuple is made of its fields.
    return i.changes.size == 0 ? face{behaviour::tuple, i.args} : face{behaviour::other, v};
  }
  for (const auto& change : i.changes.view()) {
    if (change.action == action::append) return {behaviour::list, v};
    if (change.action == action::setitem) return {behaviour::dict, v};
  }
  return {is_uuid(i.callable, i) ? behaviour::uuid : behaviour::other, v};
}

bool is_name(const global_name& name, std::string_view module, std::string_view last) {
  return name.name == last && (name.module == module ||
                               (name.module.starts_with('_') && name.module.substr(1) == module));
}

// The types of functools.reduce(operator.or_, types), and of operator.getitem(typing.Union, types)
// as 3.14 sends it; None for any other call.
value_view united_types(const instance_node& i) {
  const global_name callable = i.callable.as_global();
  const auto args = i.args.as_items();
  if (args.size() != 2 || i.changes.size != 0) return {};
  const bool reduced = is_name(callable, "functools", "reduce");
  if (!reduced && !is_name(callable, "operator", "getitem")) return {};
  const value_view types = args[1];
  const bool of_types = args[0].is(kind::global) && types.is(kind::tuple) && types.size() != 0;
  if (!of_types) return {};
  const global_name name = args[0].as_global();
  const bool united =
      reduced ? is_name(name, "operator", "or_") : name == global_name{"typing", "Union"};
  return united ? types : value_view();
}

behaviour behaviour_of_scalar(value_view plain) {
  switch (plain.kind()) {
    case kind::complex: return behaviour::complex;
    case kind::boolean: return behaviour::number;
    default: return behaviour_of_base(plain);
  }
}

face face_of_numpy(value_view v, arena* made) {
  const auto scalar = read_numpy_scalar(v.as_instance());
  if (!scalar) return {behaviour::other, v};
  if (scalar->is_time()) return {behaviour::numpy_time, v};
  const auto plain = plain_value(*scalar, made);
  return plain ? face{behaviour_of_scalar(*plain), *plain} : face{behaviour::other, v};
}

// A member of a class that compares by value, with this value.
face face_of_member(value_view v, value_view member) {
  if (member.is(kind::instance)) {
    const bool is_number = read_number(member.as_instance()).has_value();
    return is_number ? face{behaviour::number, member} : face{behaviour::other, v};
  }
  // Subclasses of set and frozenset are made of the list of their items.
  if (member.is(kind::list)) return {behaviour::set, member};
  return {behaviour_of_base(member), member};
}

face face_of_instance(value_view v, arena* made) {
  const instance_node& i = v.as_instance();
  if (!i.args.is(kind::tuple)) return {behaviour::other, v};
  const recipe r = recipe_of(i);
  if (r.how == construction::newobj) {
    if (const auto wrapped = face_of_wrapper(r, i, made)) return *wrapped;
    return i.how == construction::newobj ? face_of_newobj(v, i) : face_of_reconstructed(v, i, r);
  }
  if (r.how != construction::reduce) return {behaviour::other, v};
  if (!i.callable.is(kind::global)) {
    return {is_zone_info(i) ? behaviour::zone_info : behaviour::other, v};
  }
  if (const value_view types = united_types(i); !types.is_none()) {
    return {behaviour::type_union, types};
  }
  const behaviour b = behaviour_named(i.callable.as_global());
  if (b == behaviour::numpy_time) return face_of_numpy(v, made);
  if (b == behaviour::pandas_time) return {read_pandas_time(v) ? b : behaviour::other, v};
  if (b == behaviour::other) {
    if (const auto member = value_of_member(i)) return face_of_member(v, *member);
  }
  if (b == behaviour::other || b == behaviour::uuid || !is_well_formed(b, i)) {
    return {behaviour::other, v};
  }
  const bool converted = b >= behaviour::bytes && b <= behaviour::dict;
  return {b, converted ? i.args.as_items()[0] : v};
}

}  // namespace

face face_of(value_view v, arena* made) {
  switch (v.kind()) {
    case kind::none: return {behaviour::none, v};
    case kind::boolean:
    case kind::integer:
    case kind::big_integer:
    case kind::real: return {behaviour::number, v};
    case kind::complex: return {behaviour::complex, v};
    case kind::str: return {behaviour::str, v};
    case kind::bytes:
    case kind::bytearray: return {behaviour::bytes, v};
    case kind::tuple: return {behaviour::tuple, v};
    case kind::list: return {behaviour::list, v};
    case kind::dict: return {behaviour::dict, v};
    case kind::set:
    case kind::frozenset: return {behaviour::set, v};
    case kind::instance: return face_of_instance(v, made);
    case kind::global:
    case kind::extension:
    case kind::persistent:
    case kind::buffer:
    case kind::proxy: break;
  }
  return {behaviour::other, v};
}

std::optional<number> number_of(value_view v) {
  switch (v.kind()) {
    case kind::boolean: return std::int64_t{v.as_bool()};
    case kind::integer: return v.as_integer();
    case kind::big_integer: return integer_bytes(v.as_bytes());
    case kind::real: return v.as_real();
    case kind::instance: break;
    default: return std::nullopt;
  }
  const face f = face_of(v);
  if (f.behaves != behaviour::number) return std::nullopt;
  return f.value.is(kind::instance) ? read_number(f.value.as_instance()) : number_of(f.value);
}

std::vector<value_view> appended_items(const face& f) {
  const instance_node& i = f.value.as_instance();
  std::vector<value_view> result;
  if (f.behaves == behaviour::deque && i.args.size() != 0) {
    const auto first = i.args.as_items()[0].as_items();
    result.assign(first.begin(), first.end());
  }
  for (const auto& change : i.changes.view()) {
    if (change.action == action::append) result.push_back(change.first);
  }
  const auto args = i.args.as_items();
  if (f.behaves == behaviour::deque && args.size() == 2 && args[1].is(kind::integer)) {
    const auto limit = static_cast<std::size_t>(args[1].as_integer());
    if (result.size() > limit) {
      result.erase(result.begin(), result.end() - static_cast<std::ptrdiff_t>(limit));
    }
  }
  return result;
}

std::vector<dict_entry> assigned_entries(const face& f) {
  const instance_node& i = f.value.as_instance();
  std::vector<dict_entry> result;
  if (f.behaves == behaviour::counter && i.args.size() == 1) {
    const auto first = i.args.as_items()[0].as_entries();
    result.assign(first.begin(), first.end());
  }
  for (const auto& change : i.changes.view()) {
    if (change.action == action::setitem) result.push_back({change.first, change.second});
  }
  return result;
}

std::optional<value_view> member_value(value_view v) {
  if (!v.is(kind::instance)) return std::nullopt;
  const instance_node& i = v.as_instance();
  const bool call = i.how == construction::reduce && i.callable.is(kind::global) &&
                    i.args.is(kind::tuple) && i.args.size() == 1 && i.changes.size == 0;
  if (!call) return std::nullopt;
  const value_view member = i.args.as_items()[0];
  // Of these some are made of a text that is not their order, and some have none.
  constexpr std::string_view modules[] = {"builtins", "ipaddress", "itertools",
                                          "operator", "pathlib",   "pathlib._local"};
  const std::string_view module = i.callable.as_global().module;
  if (std::ranges::find(modules, module) != std::end(modules)) return std::nullopt;
  const bool ordered = is_int(member) || member.is(kind::real) || member.is(kind::str);
  return ordered ? std::optional(member) : std::nullopt;
}

std::optional<value_view> whole_member(value_view v) {
  const auto member = member_value(v);
  return member && is_int(*member) ? member : std::nullopt;
}

value_view plain_number(value_view v, arena& made) {
  face f = face_of(v, &made);
  if (f.behaves == behaviour::other) {
    if (const auto item = only_item(v, made)) f = face_of(*item, &made);
  }
  return f.behaves == behaviour::other ? whole_member(v).value_or(v) : f.value;
}

bool is_frozendict(const instance_node& i) noexcept {
  return i.how == construction::newobj && is_global(i.callable, {"builtins", "frozendict"}) &&
         i.args.is(kind::tuple) && i.args.size() == 1 && i.args.as_items()[0].is(kind::dict) &&
         i.changes.size == 0;
}

namespace {

// The private functions that make what no pickle makes by its class.
struct known_maker {
  std::string_view module;
  std::string_view function;
  global_name makes;
};
constexpr known_maker known_makers[] = {
    {"numpy.core.numeric", "_frombuffer", {"numpy", "ndarray"}},
    {"numpy._core.numeric", "_frombuffer", {"numpy", "ndarray"}},
    {"pandas._libs.tslibs.nattype", "__nat_unpickle", {"pandas", "NaTType"}},
    {"pandas._libs.tslibs.timedeltas", "_timedelta_unpickle", {"pandas", "Timedelta"}},
    {"pandas._libs.tslibs.timestamps", "_unpickle_timestamp", {"pandas", "Timestamp"}},
    {"torch._utils", "_rebuild_parameter", {"torch", "Parameter"}},
    {"torch._utils", "_rebuild_tensor_v2", {"torch", "Tensor"}},
};

// a | b of two members of a Flag, as CPython 3.11 sends it, or reduce(or_, members): the first of
// them; None for anything else.
value_view first_of_flags(const instance_node& i) {
  const global_name name = i.callable.as_global();
  if (i.how != construction::reduce || !i.args.is(kind::tuple) || i.args.size() != 2) return {};
  const auto args = i.args.as_items();
  if (is_name(name, "operator", "or_")) return args[0];
  const bool reduced = is_name(name, "functools", "reduce") && args[0].is(kind::global) &&
                       is_name(args[0].as_global(), "operator", "or_");
  // A list might hold the instance itself.
  const bool members = args[1].is(kind::tuple) && args[1].size() != 0;
  return reduced && members ? args[1].as_items()[0] : value_view();
}

}  // namespace

global_name class_of(const instance_node& given) {
  const instance_node* of = &given;
  while (of->callable.is(kind::global)) {
    const value_view first = first_of_flags(*of);
    if (!first.is(kind::instance)) break;
    of = &first.as_instance();
  }
  const instance_node& i = *of;
  const value_view made_by = recipe_of(i).callable;
  if (!made_by.is(kind::global)) return {};
  const global_name name = made_by.as_global();
  if (name == global_name{"builtins", "getattr"} && i.args.is(kind::tuple) && i.args.size() == 2 &&
      i.args.as_items()[0].is(kind::global) &&
      i.args.as_items()[0].as_global().module != "builtins") {
    return i.args.as_items()[0].as_global();
  }
  for (const known_maker& maker : known_makers)
    if (maker.module == name.module && maker.function == name.name) return maker.makes;
  const std::string_view last = name.name.substr(name.name.rfind('.') + 1);
  const bool makes_another = last.starts_with('_') && i.how == construction::reduce &&
                             i.args.is(kind::tuple) && i.args.size() != 0 &&
                             i.args.as_items()[0].is(kind::global);
  return makes_another ? i.args.as_items()[0].as_global() : name;
}

value_view state_of(const instance_node& i) {
  value_view state;
  for (const auto& change : i.changes.view())
    if (change.action == action::build) state = change.first;
  return state;
}

std::string_view zone_key(value_view zone_info) {
  return zone_info.as_instance().args.as_items()[0].as_str();
}

value_view uuid_int(value_view uuid) {
  return state_of(uuid.as_instance()).as_entries()[0].value;
}

}  // namespace pickled::inline v0::detail
