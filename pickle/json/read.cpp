// SPDX-License-Identifier: BSL-1.0

#include "pickle/value/base64.hpp"
#include "pickle/value/depth.hpp"
#include "pickle/value/node.hpp"
#include "pickle/value/utf8.hpp"
#include "pickled/json/json.hpp"
#include "pickled/value/big_integer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

using json = nlohmann::ordered_json;
using construction = instance_node::construction;
using action = enum instance_node::change::action;

class json_reader {
 public:
  explicit json_reader(const json_options& options)
      : arena_(std::make_shared<arena>()), build_(*arena_), max_depth_(options.max_depth) {}

  value read_root(const json& j);

 private:
  // A step of the way from the root to what is being read.
  struct step {
    std::string_view name;
    std::size_t index = 0;
  };
  using number_of_definition = std::optional<std::size_t>;
  using reader = value_view (json_reader::*)(const json& content, number_of_definition number);
  struct escape {
    std::string_view name;
    reader read;
  };
  static const std::array<escape, 19> escapes;

  [[noreturn]] void refuse(std::string_view reason) const;
  void expect(bool holds, std::string_view reason) const {
    if (!holds) refuse(reason);
  }

  value_view read(const json& j, number_of_definition number = {});
  value_view read_at(const json& array, std::size_t index);
  value_view read_member(const json& object, const char* name);
  value_view read_object(const json& object, number_of_definition number);
  value_view read_array(const json& array, number_of_definition number);
  value_view define(number_of_definition number, value_view v);

  value_view read_dict(const json& content, number_of_definition number);
  template <kind Kind>
  value_view read_fixed(const json& content, number_of_definition number);
  value_view read_set(const json& content, number_of_definition number);
  value_view read_int(const json& content, number_of_definition number);
  value_view read_float(const json& content, number_of_definition number);
  value_view read_complex(const json& content, number_of_definition number);
  template <kind Kind>
  value_view read_base64(const json& content, number_of_definition number);
  value_view read_global(const json& content, number_of_definition number);
  template <construction How>
  value_view read_instance(const json& content, number_of_definition number);
  void read_changes(const json& changes, value_view object);
  value_view read_extension(const json& content, number_of_definition number);
  value_view read_persistent(const json& content, number_of_definition number);
  value_view read_definition(const json& content, number_of_definition number);
  value_view read_reference(const json& content, number_of_definition number);

  value_view hashable(value_view key) const {
    expect(key.hashable(), "unhashable");
    return key;
  }

  std::shared_ptr<arena> arena_;
  value_builder build_;
  std::size_t max_depth_;
  std::vector<step> path_;
  std::size_t depth_ = 0;
  std::unordered_map<std::size_t, value_view> defined_;
};

const std::array<json_reader::escape, 19> json_reader::escapes{{
    {"$dict", &json_reader::read_dict},
    {"$tuple", &json_reader::read_fixed<kind::tuple>},
    {"$set", &json_reader::read_set},
    {"$frozenset", &json_reader::read_fixed<kind::frozenset>},
    {"$int", &json_reader::read_int},
    {"$float", &json_reader::read_float},
    {"$complex", &json_reader::read_complex},
    {"$str", &json_reader::read_base64<kind::str>},
    {"$bytes", &json_reader::read_base64<kind::bytes>},
    {"$bytearray", &json_reader::read_base64<kind::bytearray>},
    {"$global", &json_reader::read_global},
    {"$reduce", &json_reader::read_instance<construction::reduce>},
    {"$newobj", &json_reader::read_instance<construction::newobj>},
    {"$newobj_ex", &json_reader::read_instance<construction::newobj_ex>},
    {"$inst", &json_reader::read_instance<construction::inst>},
    {"$extension", &json_reader::read_extension},
    {"$persistent", &json_reader::read_persistent},
    {"$def", &json_reader::read_definition},
    {"$ref", &json_reader::read_reference},
}};

void json_reader::refuse(std::string_view reason) const {
  std::string place = "$";
  for (const step& s : path_) {
    place += s.name.empty() ? fmt::format("[{}]", s.index) : fmt::format("['{}']", s.name);
  }
  throw json_error(fmt::format("{}: {}", place, reason));
}

value json_reader::read_root(const json& j) {
  value_view root = read(j);
  if (!measure_depth(root, max_depth_)) refuse(fmt::format("deeper than {} levels", max_depth_));
  return {root, arena_};
}

value_view json_reader::read(const json& j, number_of_definition number) {
  switch (j.type()) {
    case json::value_t::null: return {};
    case json::value_t::boolean: return value_view::boolean(j.get<bool>());
    case json::value_t::number_integer: return value_view::integer(j.get<std::int64_t>());
    case json::value_t::number_unsigned:
      return build_.integer(twos_complement(big_integer(j.get<std::uint64_t>())));
    case json::value_t::number_float: return value_view::real(j.get<double>());
    case json::value_t::string: return define(number, build_.str(j.get_ref<const std::string&>()));
    case json::value_t::array:
    case json::value_t::object: break;
    default: refuse("no JSON");
  }
  // Escapes stand between a value and its parts, so that only they can be nested deeper.
  if (++depth_ > 3 * max_depth_ + 3) refuse(fmt::format("deeper than {} levels", max_depth_));
  const value_view v = j.is_array() ? read_array(j, number) : read_object(j, number);
  --depth_;
  return v;
}

value_view json_reader::read_at(const json& array, std::size_t index) {
  path_.push_back({{}, index});
  const value_view v = read(array[index]);
  path_.pop_back();
  return v;
}

value_view json_reader::read_member(const json& object, const char* name) {
  const auto found = object.find(name);
  expect(found != object.end(), fmt::format("expected a member '{}'", name));
  path_.push_back({name});
  const value_view v = read(*found);
  path_.pop_back();
  return v;
}

value_view json_reader::read_object(const json& object, number_of_definition number) {
  if (!object.empty() && object.begin().key().starts_with('$')) {
    const std::string& name = object.begin().key();
    const auto found = std::ranges::find(escapes, std::string_view(name), &escape::name);
    expect(found != escapes.end() && object.size() == 1, "not an escape: " + name);
    path_.push_back({name});
    const value_view v = (this->*found->read)(*object.begin(), number);
    path_.pop_back();
    return v;
  }
  const value_view dict = define(number, build_.dict());
  for (const auto& [name, item] : object.items()) {
    expect(!name.starts_with('$'), "not an escape: " + name);
    path_.push_back({name});
    build_.insert(dict, build_.str(name), read(item));
    path_.pop_back();
  }
  return dict;
}

value_view json_reader::read_array(const json& array, number_of_definition number) {
  const value_view list = define(number, build_.list());
  for (std::size_t i = 0; i != array.size(); ++i)
    build_.append(list, read_at(array, i));
  return list;
}

// What has a number stands elsewhere as well.
value_view json_reader::define(number_of_definition number, value_view v) {
  if (!number) return v;
  v = v.as_repeated();
  if (std::uint8_t* uses = uses_of(v)) *uses = 2;
  defined_.insert_or_assign(*number, v);
  return v;
}

value_view json_reader::read_dict(const json& content, number_of_definition number) {
  expect(content.is_array(), "expected an array");
  const value_view dict = define(number, build_.dict());
  for (std::size_t i = 0; i != content.size(); ++i) {
    path_.push_back({{}, i});
    expect(content[i].is_array() && content[i].size() == 2, "expected a key and a value");
    const value_view key = hashable(read_at(content[i], 0));
    build_.insert(dict, key, read_at(content[i], 1));
    path_.pop_back();
  }
  return dict;
}

// Its items are written in place, as one of them may lead back to the tuple.
template <kind Kind>
value_view json_reader::read_fixed(const json& content, number_of_definition number) {
  expect(content.is_array(), "expected an array");
  const std::size_t size = content.size();
  if (size == 0) return Kind == kind::tuple ? build_.tuple({}) : build_.frozenset({});
  auto* items =
      static_cast<value_view*>(arena_->allocate(size * sizeof(value_view), alignof(value_view)));
  std::uninitialized_fill_n(items, size, value_view());
  define(number, value_view::items(Kind, items, size, 1));
  bool all_hashable = true;
  for (std::size_t i = 0; i != size; ++i) {
    items[i] = read_at(content, i);
    if (Kind == kind::frozenset) hashable(items[i]);
    all_hashable = all_hashable && items[i].hashable();
    if (std::uint8_t* uses = uses_of(items[i])) *uses = *uses == 0 ? 1 : 2;
  }
  return define(number, value_view::items(Kind, items, size, 1, all_hashable));
}

value_view json_reader::read_set(const json& content, number_of_definition number) {
  expect(content.is_array(), "expected an array");
  const value_view set = define(number, build_.set());
  for (std::size_t i = 0; i != content.size(); ++i) {
    build_.append(set, hashable(read_at(content, i)));
  }
  return set;
}

value_view json_reader::read_int(const json& content, number_of_definition number) {
  expect(content.is_string(), "expected a string");
  const auto parsed = parse_integer(content.get_ref<const std::string&>(), 0);
  if (!parsed) refuse("not an int");
  return define(number, build_.integer(twos_complement(*parsed)));
}

value_view json_reader::read_float(const json& content, number_of_definition) {
  expect(content.is_string(), "expected a string");
  const auto& text = content.get_ref<const std::string&>();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (text == "nan") return value_view::real(std::numeric_limits<double>::quiet_NaN());
  if (text == "inf") return value_view::real(infinity);
  if (text == "-inf") return value_view::real(-infinity);
  std::uint64_t bits = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
  expect(text.size() == 16 && parsed.ptr == text.data() + text.size(), "not a float");
  return value_view::real(std::bit_cast<double>(bits));
}

value_view json_reader::read_complex(const json& content, number_of_definition number) {
  expect(content.is_array() && content.size() == 2, "expected two floats");
  const value_view real = read_at(content, 0);
  const value_view imag = read_at(content, 1);
  expect(real.is(kind::real) && imag.is(kind::real), "expected two floats");
  return define(number, build_.complex(real.as_real(), imag.as_real()));
}

template <kind Kind>
value_view json_reader::read_base64(const json& content, number_of_definition number) {
  expect(content.is_string(), "expected a string");
  const auto bytes = from_base64(content.get_ref<const std::string&>());
  if (!bytes) refuse("not base64");
  if (Kind == kind::bytes) return define(number, build_.bytes(as_bytes(*bytes)));
  if (Kind == kind::bytearray) return define(number, build_.bytearray(as_bytes(*bytes)));
  expect(is_utf8(*bytes), "not UTF-8");
  return define(number, build_.str(*bytes));
}

value_view json_reader::read_global(const json& content, number_of_definition number) {
  expect(content.is_array() && content.size() == 2, "expected a module and a name");
  const value_view module = read_at(content, 0);
  const value_view name = read_at(content, 1);
  expect(module.is(kind::str) && name.is(kind::str), "expected a module and a name");
  return define(number, build_.global(module.as_str(), name.as_str()));
}

// The node is made first, as its own arguments may lead back to it.
template <construction How>
value_view json_reader::read_instance(const json& content, number_of_definition number) {
  expect(content.is_object(), "expected an object");
  const value_view object = define(number, build_.instance(How, {}, {}));
  auto& node = node_of<instance_node>(object);
  const auto part = [&](const char* name) {
    const value_view v = read_member(content, name);
    count_use(v);
    return v;
  };
  node.callable = part("callable");
  node.args = part("args");
  expect(node.args.is(kind::tuple), "expected a tuple of arguments");
  if (How == construction::newobj_ex) {
    node.kwargs = part("kwargs");
    expect(node.kwargs.is(kind::dict), "expected a dict of arguments");
  }
  if (const auto changes = content.find("changes"); changes != content.end()) {
    path_.push_back({"changes"});
    read_changes(*changes, object);
    path_.pop_back();
  }
  return object;
}

void json_reader::read_changes(const json& changes, value_view object) {
  constexpr std::array<std::string_view, 5> names{"build", "append", "setitem", "additem", "call"};
  expect(changes.is_array(), "expected an array");
  for (std::size_t i = 0; i != changes.size(); ++i) {
    path_.push_back({{}, i});
    const json& entry = changes[i];
    expect(entry.is_array() && !entry.empty() && entry[0].is_string(), "expected a change");
    const auto name = std::ranges::find(names, entry[0].get_ref<const std::string&>());
    expect(name != names.end(), "not a change");
    const auto what = static_cast<action>(std::distance(names.begin(), name));
    const bool pair = what == action::setitem;
    expect(entry.size() == (pair ? 3 : 2), "wrong number of parts");
    const value_view first = read_at(entry, 1);
    const value_view second = pair ? read_at(entry, 2) : value_view::none();
    expect(what != action::call || first.is(kind::instance), "expected an instance");
    build_.change(object, {what, first, second});
    path_.pop_back();
  }
}

value_view json_reader::read_extension(const json& content, number_of_definition) {
  const bool code = content.is_number_integer() && content.get<std::int64_t>() > 0 &&
                    content.get<std::int64_t>() <= std::numeric_limits<std::int32_t>::max();
  expect(code, "expected an extension code");
  return value_view::extension(content.get<std::int32_t>());
}

value_view json_reader::read_persistent(const json& content, number_of_definition number) {
  return define(number, build_.persistent(read(content)));
}

value_view json_reader::read_definition(const json& content, number_of_definition number) {
  const bool pair = content.is_array() && content.size() == 2 && content[0].is_number_unsigned();
  expect(pair && !number, "expected a number and a value");
  path_.push_back({{}, 1});
  const value_view v = read(content[1], content[0].get<std::size_t>());
  path_.pop_back();
  return v;
}

value_view json_reader::read_reference(const json& content, number_of_definition number) {
  expect(content.is_number_unsigned() && !number, "expected a number");
  const auto found = defined_.find(content.get<std::size_t>());
  expect(found != defined_.end(), "not defined before");
  return found->second;
}

}  // namespace

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

value from_json(const nlohmann::ordered_json& json, const json_options& options) {
  return detail::json_reader(options).read_root(json);
}

value from_json(const nlohmann::ordered_json& json, std::error_code& error,
                const json_options& options) {
  return detail::catch_error(error, [&] { return from_json(json, options); });
}

PICKLED_END_NAMESPACE
