// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/native_call.hpp"

#include "pickle/value/utf8.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

namespace {

using arguments = std::span<const value_view>;

bool names_latin1(value_view v) noexcept {
  return v.is(kind::str) && (v.as_str() == "latin1" || v.as_str() == "latin-1");
}

// The bytes of ('text', 'latin1').
bool take_latin1(arguments args, std::string& latin1) {
  return args.size() == 2 && args[0].is(kind::str) && names_latin1(args[1]) &&
         utf8_to_latin1(args[0].as_str(), latin1);
}

std::optional<value_view> call_complex(arguments args, value_builder& build) {
  if (args.size() != 2 || !args[0].is(kind::real) || !args[1].is(kind::real)) return std::nullopt;
  return build.complex(args[0].as_real(), args[1].as_real());
}

std::optional<value_view> call_encode(arguments args, value_builder& build) {
  std::string latin1;
  if (!take_latin1(args, latin1)) return std::nullopt;
  return build.bytes(as_bytes(latin1));
}

std::optional<value_view> call_bytes(arguments args, value_builder& build) {
  if (!args.empty()) return std::nullopt;
  return build.bytes({});
}

std::optional<value_view> call_bytearray(arguments args, value_builder& build) {
  if (args.empty()) return build.bytearray({});
  if (args.size() == 1 && args[0].is(kind::bytes)) return build.bytearray(args[0].as_bytes());
  std::string latin1;
  if (!take_latin1(args, latin1)) return std::nullopt;
  return build.bytearray(as_bytes(latin1));
}

// The list that holds the items may be referred to elsewhere and change later, so it is copied.
template <kind Kind>
std::optional<value_view> call_set(arguments args, value_builder& build) {
  if (args.size() != 1 || !args[0].is(kind::list)) return std::nullopt;
  const arguments items = args[0].as_items();
  const auto hashable = [](value_view item) { return item.hashable(); };
  if (!std::all_of(items.begin(), items.end(), hashable)) return std::nullopt;
  return Kind == kind::set ? build.set(items) : build.frozenset(items);
}

std::optional<value_view> call_newobj(arguments args, value_builder& build) {
  if (args.empty() || !may_be_called(args[0].kind())) return std::nullopt;
  return build.instance(instance_node::construction::newobj, args[0], build.tuple(args.subspan(1)));
}

std::optional<value_view> call_newobj_ex(arguments args, value_builder& build) {
  const bool right = args.size() == 3 && may_be_called(args[0].kind()) && args[1].is(kind::tuple) &&
                     args[2].is(kind::dict);
  if (!right) return std::nullopt;
  return build.instance(instance_node::construction::newobj_ex, args[0], args[1], args[2]);
}

struct native_callable {
  global_name name;
  std::optional<value_view> (*call)(arguments, value_builder&);
};

constexpr native_callable native_callables[] = {
    {{"builtins", "set"}, call_set<kind::set>},
    {{"builtins", "frozenset"}, call_set<kind::frozenset>},
    {{"builtins", "complex"}, call_complex},
    {{"builtins", "bytearray"}, call_bytearray},
    {{"builtins", "bytes"}, call_bytes},
    {{"_codecs", "encode"}, call_encode},
    {newobj_function, call_newobj},
    {newobj_ex_function, call_newobj_ex},
};

}  // namespace

bool is_native_callable(global_name name) noexcept {
  return std::any_of(std::begin(native_callables), std::end(native_callables),
                     [&](const native_callable& known) { return known.name == name; });
}

std::optional<value_view> native_call(value_view callable, value_view args, value_builder& build) {
  if (!callable.is(kind::global)) return std::nullopt;
  const global_name name = callable.as_global();
  for (const native_callable& known : native_callables) {
    if (known.name == name) return known.call(args.as_items(), build);
  }
  return std::nullopt;
}

}  // namespace pickled::inline v0::detail
