// SPDX-License-Identifier: BSL-1.0

#include "pickle/value/base64.hpp"
#include "pickle/value/children.hpp"
#include "pickle/value/utf8.hpp"
#include "pickled/json/json.hpp"
#include "pickled/value/big_integer.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

using json = nlohmann::ordered_json;
using construction = instance_node::construction;
using action = enum instance_node::change::action;

// Shorter text is written wherever it stands, as Python tells no difference.
constexpr std::size_t shared_text = 256;

json escape(const char* name, json content) {
  json object = json::object();
  object[name] = std::move(content);
  return object;
}

json text_to_json(std::string_view text) {
  if (has_surrogates(text)) return escape("$str", to_base64(as_bytes(text)));
  return std::string(text);
}

json integer_to_json(value_view v) {
  const big_integer number = to_big_integer(v);
  if (number >= 0 && number <= std::numeric_limits<std::uint64_t>::max()) {
    return static_cast<std::uint64_t>(number);
  }
  // 4300 digits take 14285 bits; hexadecimal ones need no conversion.
  const big_integer magnitude = abs(number);
  if (msb(magnitude) < 14'000) return escape("$int", number.str());
  const char* sign = number < 0 ? "-0x" : "0x";
  std::vector<std::uint8_t> bytes;
  export_bits(magnitude, std::back_inserter(bytes), 8);
  std::string text = fmt::format("{}{:x}", sign, bytes.front());
  for (std::size_t i = 1; i != bytes.size(); ++i)
    fmt::format_to(std::back_inserter(text), "{:02x}", bytes[i]);
  return escape("$int", std::move(text));
}

json real_to_json(double d) {
  if (std::isfinite(d)) return d;
  if (std::isinf(d)) return escape("$float", d < 0 ? "-inf" : "inf");
  const auto bits = std::bit_cast<std::uint64_t>(d);
  const bool plain = bits == std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN());
  return escape("$float", plain ? "nan" : fmt::format("{:016x}", bits));
}

const char* name_of(construction how) {
  switch (how) {
    case construction::reduce: return "$reduce";
    case construction::newobj: return "$newobj";
    case construction::newobj_ex: return "$newobj_ex";
    case construction::inst: break;
  }
  return "$inst";
}

const char* name_of(action what) {
  switch (what) {
    case action::build: return "build";
    case action::append: return "append";
    case action::setitem: return "setitem";
    case action::additem: return "additem";
    case action::call: break;
  }
  return "call";
}

// Whether it matters that two places hold one object.
bool has_identity(value_view v) {
  switch (v.kind()) {
    case kind::str: return v.as_str().size() >= shared_text;
    case kind::bytes:
    case kind::big_integer: return v.as_bytes().size() >= shared_text;
    case kind::tuple:
    case kind::frozenset: return v.size() != 0;
    case kind::bytearray:
    case kind::list:
    case kind::dict:
    case kind::set:
    case kind::instance:
    case kind::persistent: return true;
    default: return false;
  }
}

class json_writer {
 public:
  json_writer(value_view root, const json_options& options) : max_depth_(options.max_depth) {
    find_shared(root);
  }

  json write(value_view v);

 private:
  void find_shared(value_view root);
  json write_content(value_view v);
  json write_items(std::span<const value_view> items);
  json write_dict(value_view v);
  json write_instance(const instance_node& i);

  std::size_t max_depth_;
  std::size_t depth_ = 0;
  std::unordered_set<const void*> shared_;
  std::unordered_map<const void*, std::size_t> defined_;
};

void json_writer::find_shared(value_view root) {
  std::unordered_set<const void*> seen;
  std::vector<value_view> left{root};
  while (!left.empty()) {
    const value_view v = left.back();
    left.pop_back();
    if (has_identity(v) && !seen.insert(v.identity()).second) {
      shared_.insert(v.identity());
      continue;
    }
    for (std::size_t i = child_count(v); i-- != 0;)
      left.push_back(child_at(v, i));
  }
}

json json_writer::write(value_view v) {
  const bool shared = has_identity(v) && shared_.contains(v.identity());
  if (!shared) return write_content(v);
  const auto [known, is_new] = defined_.try_emplace(v.identity(), defined_.size() + 1);
  const std::size_t number = known->second;
  if (!is_new) return escape("$ref", number);
  json definition = json::array({number});
  definition.push_back(write_content(v));
  return escape("$def", std::move(definition));
}

json json_writer::write_content(value_view v) {
  if (child_count(v) != 0 && ++depth_ > max_depth_) {
    throw json_error(fmt::format("deeper than {} levels", max_depth_));
  }
  json result;
  switch (v.kind()) {
    case kind::none: break;
    case kind::boolean: result = v.as_bool(); break;
    case kind::integer: result = v.as_integer(); break;
    case kind::big_integer: result = integer_to_json(v); break;
    case kind::real: result = real_to_json(v.as_real()); break;
    case kind::complex: {
      const auto [real, imag] = v.as_complex();
      result = escape("$complex", json::array({real_to_json(real), real_to_json(imag)}));
      break;
    }
    case kind::str: result = text_to_json(v.as_str()); break;
    case kind::bytes: result = escape("$bytes", to_base64(v.as_bytes())); break;
    case kind::bytearray: result = escape("$bytearray", to_base64(v.as_bytes())); break;
    case kind::list: result = write_items(v.as_items()); break;
    case kind::tuple: result = escape("$tuple", write_items(v.as_items())); break;
    case kind::set: result = escape("$set", write_items(v.as_items())); break;
    case kind::frozenset: result = escape("$frozenset", write_items(v.as_items())); break;
    case kind::dict: result = write_dict(v); break;
    case kind::global: {
      const auto [module, name] = v.as_global();
      result = escape("$global", json::array({text_to_json(module), text_to_json(name)}));
      break;
    }
    case kind::extension: result = escape("$extension", v.as_extension()); break;
    case kind::instance:
      result = escape(name_of(v.as_instance().how), write_instance(v.as_instance()));
      break;
    case kind::persistent: result = escape("$persistent", write(v.as_persistent_id())); break;
    case kind::buffer: throw json_error("an out-of-band buffer has no JSON");
    case kind::proxy: throw json_error("a proxy of a hosted object has no JSON");
  }
  if (child_count(v) != 0) --depth_;
  return result;
}

json json_writer::write_items(std::span<const value_view> items) {
  json array = json::array();
  for (const value_view item : items)
    array.push_back(write(item));
  return array;
}

json json_writer::write_dict(value_view v) {
  std::unordered_set<std::string_view> names;
  bool plain = true;
  for (const dict_entry& entry : v.as_entries()) {
    plain = entry.key.is(kind::str) && !entry.key.as_str().starts_with('$') &&
            !has_surrogates(entry.key.as_str()) && !shared_.contains(entry.key.identity()) &&
            names.insert(entry.key.as_str()).second;
    if (!plain) break;
  }
  if (!plain) {
    json pairs = json::array();
    for (const auto& [key, item] : v.as_entries()) {
      json pair = json::array({write(key)});
      pair.push_back(write(item));
      pairs.push_back(std::move(pair));
    }
    return escape("$dict", std::move(pairs));
  }
  json object = json::object();
  auto& members = object.get_ref<json::object_t&>();
  for (const auto& [key, item] : v.as_entries()) {
    members.push_back({std::string(key.as_str()), write(item)});
  }
  return object;
}

json json_writer::write_instance(const instance_node& i) {
  json object = json::object();
  object["callable"] = write(i.callable);
  object["args"] = write(i.args);
  if (i.how == construction::newobj_ex) object["kwargs"] = write(i.kwargs);
  json changes = json::array();
  for (const auto& change : i.changes.view()) {
    json entry = json::array({name_of(change.action)});
    entry.push_back(write(change.first));
    if (change.action == action::setitem) entry.push_back(write(change.second));
    changes.push_back(std::move(entry));
  }
  if (!changes.empty()) object["changes"] = std::move(changes);
  return object;
}

}  // namespace

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

nlohmann::ordered_json to_json(value_argument v, const json_options& options) {
  return detail::json_writer(v, options).write(v);
}

nlohmann::ordered_json to_json(value_argument v, std::error_code& error,
                               const json_options& options) {
  return detail::catch_error(error, [&] { return to_json(v, options); });
}

PICKLED_END_NAMESPACE
