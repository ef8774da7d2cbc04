// SPDX-License-Identifier: BSL-1.0

#include "server/types/set_algebra.hpp"

#include "frozen/freezer.hpp"
#include "frozen/thaw.hpp"
#include "python/behaviour.hpp"
#include "server/types/call.hpp"
#include "server/types/set_object.hpp"

#include <algorithm>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

set_operand keys_of(std::vector<frozen> items, bool is_set) {
  set_operand result;
  result.is_set = is_set;
  try {
    for (frozen& item : items) {
      key k(std::move(item));
      result.keys.find_or_add(k);
    }
  } catch (const python_error& unhashable) {
    result.error = unhashable;
  }
  return result;
}

// Whether Python would take it for a set or frozenset; a proxy of one counts.
bool is_set_argument(const frozen& argument) {
  switch (argument.kind()) {
    case kind::set:
    case kind::frozenset: return true;
    case kind::proxy: return dynamic_cast<set_object*>(hosted_argument(argument).get()) != nullptr;
    case kind::instance: return face_of(value_argument(thaw(argument))).behaves == behaviour::set;
    default: return false;
  }
}

void write_keys(splicer& out, const key_set& keys) {
  keys.for_each([&](const key_set::entry& e) { out.frozen(e.key.original()); });
}

void add_key(key_set& keys, key k) {
  keys.find_or_add(k);
}

// Adds those of `candidates` that are in `others`, or those that are not.
void add_where(key_set& result, const key_set& candidates, const key_set& others, bool are_in) {
  candidates.for_each([&](const key_set::entry& e) {
    if ((others.find(e.key) != nullptr) == are_in) add_key(result, e.key);
  });
}

}  // namespace

std::vector<frozen> originals(const key_set& keys, std::size_t most) {
  std::vector<frozen> result;
  result.reserve(std::min(most, keys.size()));
  keys.for_first(most, [&](const key_set::entry& e) { result.push_back(e.key.original()); });
  return result;
}

void write_set(splicer& out, const key_set& keys) {
  out.begin_set();
  write_keys(out, keys);
  out.end_set();
}

void write_frozenset(splicer& out, const key_set& keys) {
  out.begin_frozenset();
  write_keys(out, keys);
  out.end_frozenset();
}

void set_operand::throw_error() const {
  if (error) throw *error;
}

set_operand iterable_operand(const frozen& argument) {
  return keys_of(items_of(argument), is_set_argument(argument));
}

std::optional<set_operand> set_operand_of(const frozen& argument) {
  if (!is_set_argument(argument)) return std::nullopt;
  set_operand result = keys_of(items_of(argument), true);
  result.throw_error();
  return result;
}

key sought_key(const frozen& argument) {
  if (argument.kind() != kind::set) return key(argument);
  const value set = thaw(argument);
  arena where;
  return key(freeze(value_builder(where).frozenset(set->as_items())));
}

key_set united(const key_set& self, const set_operand& other) {
  key_set result = self;
  other.keys.for_each([&](const key_set::entry& e) { add_key(result, e.key); });
  return result;
}

// Of equal keys CPython takes those of the smaller set, or else of the other operand.
key_set common(const key_set& self, const set_operand& other) {
  key_set result;
  const bool from_self = other.is_set && other.keys.size() > self.size();
  add_where(result, from_self ? self : other.keys, from_self ? other.keys : self, true);
  return result;
}

key_set without(const key_set& self, const set_operand& other) {
  key_set result;
  add_where(result, self, other.keys, false);
  return result;
}

key_set either(const key_set& self, const set_operand& other) {
  key_set result;
  add_where(result, other.keys, self, false);
  add_where(result, self, other.keys, false);
  return result;
}

bool contains_all(const key_set& keys, const key_set& others) {
  bool all = true;
  others.for_each([&](const key_set::entry& e) { all = all && keys.find(e.key) != nullptr; });
  return all;
}

}  // namespace pickled::inline v0::detail
