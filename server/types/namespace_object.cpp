// SPDX-License-Identifier: BSL-1.0

#include "server/types/namespace_object.hpp"

#include "frozen/thaw.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/type_name.hpp"
#include "server/registry.hpp"
#include "server/types/slots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace pickled::inline v0::detail {
namespace {

constexpr std::string_view module_name = "multiprocessing.managers";

key attribute_name(const frozen& name) {
  if (name.kind() == kind::str) return key(name);
  const value v = thaw(name);
  throw python_error("TypeError", std::string_view(fmt::format(
                                      "attribute name must be string, not '{}'", type_name(v))));
}

[[noreturn]] void throw_no_attribute(const key& name) {
  throw python_error("AttributeError",
                     std::string_view(fmt::format("'Namespace' object has no attribute '{}'",
                                                  *name.original().as_str())));
}

}  // namespace

namespace_object::namespace_object(std::vector<std::pair<std::string, frozen>> attributes) {
  for (auto& [name, value] : attributes) {
    key k(frozen::str(name));
    put(k, value);
  }
}

std::span<const method_entry> namespace_object::table() noexcept {
  static constexpr method_entry methods[] = {
      {"__getattribute__", method<&namespace_object::getattribute>, needs::little},
      {"__setattr__", method<&namespace_object::setattr>, needs::memory},
      {"__delattr__", method<&namespace_object::delattr>, needs::little},
  };
  return methods;
}

// Mirrors Namespace.__repr__: sorted, without the names that start with an underscore.
std::string namespace_object::repr(std::size_t limit) const {
  const std::vector<frozen> slots = names_and_values();
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < slots.size(); i += 2) {
    const std::string_view name = *slots[i].as_str();
    if (!name.starts_with('_')) {
      parts.push_back(fmt::format("{}={}", name, repr_of(slots[i + 1], limit)));
    }
  }
  std::ranges::sort(parts);
  return fmt::format("Namespace({})", fmt::join(parts, ", "));
}

void namespace_object::write_value(splicer& out) const {
  out.global(module_name, "Namespace").begin_tuple().end_tuple().newobj();
  const bool empty = weight() == 0;
  if (empty) return;
  write_state(names_and_values(), out);
  out.build();
}

void namespace_object::write_state(std::span<const frozen> slots, splicer& out) {
  out.begin_dict();
  for (const frozen& slot : slots)
    out.frozen(slot);
  out.end_dict();
}

std::size_t namespace_object::weight() const noexcept {
  return held_.bytes();
}

void namespace_object::for_each_proxy(
    const std::function<void(const proxy_reference&)>& visit) const {
  visit_proxies(names_and_values(), visit);
}

std::vector<frozen> namespace_object::names_and_values() const {
  return long_step([this] { return all_slots(); });
}

std::vector<frozen> namespace_object::all_slots() const {
  std::vector<frozen> slots;
  slots.reserve(attributes_.size() * 2);
  attributes_.for_each([&](const storage::entry& e) {
    slots.push_back(e.key.original());
    slots.push_back(e.value);
  });
  return slots;
}

void namespace_object::put(key& name, frozen& value) {
  const auto [found, added] = attributes_.find_or_add(name);
  changed();
  held_.add(value);
  held_.add(found->key.original());
  if (!added) {
    held_.remove(found->key.original());
    held_.remove(found->value);
  }
  std::swap(found->value, value);
}

// What every object has, and its class.
bool namespace_object::write_class_attribute(std::string_view name, splicer& out) const {
  if (name == "__dict__") {
    write_state(all_slots(), out);
  } else if (name == "__class__") {
    out.global(module_name, "Namespace");
  } else if (name == "__module__") {
    out.str(module_name);
  } else if (name == "__doc__") {
    out.none();
  } else {
    return false;
  }
  return true;
}

void namespace_object::getattribute(call& c) {
  const key name = attribute_name(c.args.take_slot("__getattribute__", 1).front());
  if (const storage::entry* found = attributes_.find(name)) {
    c.reply.frozen(found->value);
    return;
  }
  if (!write_class_attribute(*name.original().as_str(), c.reply)) throw_no_attribute(name);
}

void namespace_object::setattr(call& c) {
  const auto given = c.args.take_unnamed_slot("__setattr__", 2);
  key name = attribute_name(given[0]);
  put(name, given[1]);
}

void namespace_object::delattr(call& c) {
  const key name = attribute_name(c.args.take_slot("__delattr__", 1).front());
  auto removed = attributes_.take(name);
  if (!removed) throw_no_attribute(name);
  held_.remove(removed->key.original());
  held_.remove(removed->value);
  changed();
  c.drop(std::move(removed->value));
}

std::shared_ptr<hosted> make_namespace(arguments& args) {
  arguments positional({args.positional().begin(), args.positional().end()});
  positional.bind("Namespace.__init__", std::array<std::string_view, 0>(), 0);
  const auto keywords = args.keywords();
  return std::make_shared<namespace_object>(
      std::vector<arguments::keyword>(keywords.begin(), keywords.end()));
}

void host_namespace(registry& types, iterators) {
  types.host<namespace_object>("Namespace", make_namespace, "NamespaceProxy",
                               {{"multiprocessing.managers", "Namespace"}});
}

}  // namespace pickled::inline v0::detail
