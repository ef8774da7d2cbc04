// SPDX-License-Identifier: BSL-1.0

#include "server/types/set_object.hpp"

#include "frozen/thaw.hpp"
#include "server/registry.hpp"
#include "server/types/slots.hpp"

#include <utility>

namespace pickled::inline v0::detail {
set_object::set_object(key_set keys) : keys_(std::move(keys)) {
  keys_.for_each([this](const key_set::entry& e) { held_.add(e.key.original()); });
}

// The order is that of SetProxy in CPython 3.14.
std::span<const method_entry> set_object::table() noexcept {
  static constexpr method_entry methods[] = {
      {"__and__", method<&set_object::and_with>, needs::whole | needs::arguments},
      {"__class_getitem__", method<&set_object::class_getitem>, needs::little},
      {"__contains__", method<&set_object::contains>, needs::key},
      {"__iand__", method<&set_object::iand>, needs::whole | needs::arguments},
      {"__ior__", method<&set_object::ior>, needs::memory | needs::whole | needs::arguments},
      {"__isub__", method<&set_object::isub>, needs::whole | needs::arguments},
      {"__iter__", method<&set_object::iter>, needs::whole},
      {"__ixor__", method<&set_object::ixor>, needs::memory | needs::whole | needs::arguments},
      {"__len__", method<&set_object::len>, needs::little},
      {"__or__", method<&set_object::or_with>, needs::whole | needs::arguments},
      {"__rand__", method<&set_object::rand>, needs::whole | needs::arguments},
      {"__ror__", method<&set_object::ror>, needs::whole | needs::arguments},
      {"__rsub__", method<&set_object::rsub>, needs::whole | needs::arguments},
      {"__rxor__", method<&set_object::rxor>, needs::whole | needs::arguments},
      {"__sub__", method<&set_object::sub>, needs::whole | needs::arguments},
      {"__xor__", method<&set_object::xor_with>, needs::whole | needs::arguments},
      {"__ge__", method<&set_object::ge>, needs::whole | needs::arguments},
      {"__gt__", method<&set_object::gt>, needs::whole | needs::arguments},
      {"__le__", method<&set_object::le>, needs::whole | needs::arguments},
      {"__lt__", method<&set_object::lt>, needs::whole | needs::arguments},
      {"add", method<&set_object::add>, needs::memory | needs::key},
      {"clear", method<&set_object::clear>, needs::whole},
      {"copy", method<&set_object::copy>, needs::whole},
      {"difference", method<&set_object::difference>, needs::whole | needs::arguments},
      {"difference_update", method<&set_object::difference_update>,
       needs::whole | needs::arguments},
      {"discard", method<&set_object::discard>, needs::key},
      {"intersection", method<&set_object::intersection>, needs::whole | needs::arguments},
      {"intersection_update", method<&set_object::intersection_update>,
       needs::whole | needs::arguments},
      {"isdisjoint", method<&set_object::isdisjoint>, needs::whole | needs::arguments},
      {"issubset", method<&set_object::issubset>, needs::whole | needs::arguments},
      {"issuperset", method<&set_object::issuperset>, needs::whole | needs::arguments},
      {"pop", method<&set_object::pop>, needs::little},
      {"remove", method<&set_object::remove>, needs::key},
      {"symmetric_difference", method<&set_object::symmetric_difference>,
       needs::whole | needs::arguments},
      {"symmetric_difference_update", method<&set_object::symmetric_difference_update>,
       needs::memory | needs::whole | needs::arguments},
      {"union", method<&set_object::union_with>, needs::whole | needs::arguments},
      {"update", method<&set_object::update>, needs::memory | needs::arguments},
  };
  return methods;
}

std::string set_object::repr(std::size_t limit) const {
  const std::vector<frozen> items =
      long_step([&] { return originals(keys_, most_printed(limit)); });
  return items.empty() ? "set()" : repr_sequence("{", items, "}", limit);
}

void set_object::write_value(splicer& out) const {
  out.begin_set();
  for (const frozen& item : long_step([this] { return originals(keys_); }))
    out.frozen(item);
  out.end_set();
}

std::size_t set_object::weight() const noexcept {
  return held_.bytes();
}

void set_object::for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const {
  const std::vector<frozen> items =
      long_step([this] { return held_.have_proxies() ? originals(keys_) : std::vector<frozen>(); });
  visit_proxies(items, visit);
}

std::optional<std::vector<frozen>> set_object::items() const {
  return long_step([this] { return originals(keys_); });
}

key_set set_object::snapshot() const {
  return long_step([this] { return keys_; });
}

bool set_object::insert(key& k) {
  const auto [found, added] = keys_.find_or_add(k);
  if (!added) return false;
  held_.add(found->key.original());
  changed();
  return true;
}

bool set_object::erase(const key& k, dropped_keys& dropped) {
  dropped.each.reserve(dropped.each.size() + 1);
  auto taken = keys_.take(k);
  if (!taken) return false;
  took_out(taken->key);
  dropped.each.push_back(std::move(taken->key));
  return true;
}

void set_object::took_out(const key& k) noexcept {
  held_.remove(k.original());
  changed();
}

void set_object::assign(key_set keys, dropped_keys& dropped) {
  changed();
  held_.clear();
  keys.for_each([this](const key_set::entry& e) { held_.add(e.key.original()); });
  dropped.whole = std::exchange(keys_, std::move(keys));
}

void set_object::unite(const set_operand& other, dropped_keys&) {
  other.keys.for_each([this](const key_set::entry& e) {
    key copy = e.key;
    insert(copy);
  });
}

void set_object::subtract(const set_operand& other, dropped_keys& dropped) {
  dropped.each.reserve(std::min(keys_.size(), other.keys.size()));
  other.keys.for_each([&](const key_set::entry& e) { erase(e.key, dropped); });
}

void set_object::intersect(const set_operand& other, dropped_keys& dropped) {
  assign(common(keys_, other), dropped);
}

void set_object::toggle(const set_operand& other, dropped_keys& dropped) {
  assign(either(keys_, other), dropped);
}

// Operators.

void set_object::operate(call& c, std::string_view name, combination combine) {
  const auto other = set_operand_of(c.args.take_slot(name, 1).front());
  if (other) {
    write_set(c.reply, combine(snapshot(), *other));
  } else {
    write_not_implemented(c.reply);
  }
}

// The operands change sides, and the result is of the type of the one on the left.
void set_object::operate_reflected(call& c, std::string_view name, combination combine) {
  const frozen& argument = c.args.take_slot(name, 1).front();
  const auto other = set_operand_of(argument);
  if (!other) {
    write_not_implemented(c.reply);
    return;
  }
  const key_set result = combine(other->keys, {snapshot(), true, {}});
  if (argument.kind() == kind::frozenset) {
    write_frozenset(c.reply, result);
  } else {
    write_set(c.reply, result);
  }
}

void set_object::operate_in_place(call& c, std::string_view name, change apply) {
  const auto other = set_operand_of(c.args.take_slot(name, 1).front());
  if (!other) {
    write_not_implemented(c.reply);
    return;
  }
  dropped_keys dropped;
  const key_set result = long_step([&] {
    (this->*apply)(*other, dropped);
    return keys_;
  });
  write_set(c.reply, result);
}

void set_object::compare(call& c, std::string_view name, relation holds) {
  const auto other = set_operand_of(c.args.take_slot(name, 1).front());
  if (other) {
    c.reply.boolean(holds(snapshot(), other->keys));
  } else {
    write_not_implemented(c.reply);
  }
}

void set_object::and_with(call& c) {
  operate(c, "__and__", common);
}
void set_object::or_with(call& c) {
  operate(c, "__or__", united);
}
void set_object::sub(call& c) {
  operate(c, "__sub__", without);
}
void set_object::xor_with(call& c) {
  operate(c, "__xor__", either);
}
void set_object::rand(call& c) {
  operate_reflected(c, "__rand__", common);
}
void set_object::ror(call& c) {
  operate_reflected(c, "__ror__", united);
}
void set_object::rsub(call& c) {
  operate_reflected(c, "__rsub__", without);
}
void set_object::rxor(call& c) {
  operate_reflected(c, "__rxor__", either);
}
void set_object::iand(call& c) {
  operate_in_place(c, "__iand__", &set_object::intersect);
}
void set_object::ior(call& c) {
  operate_in_place(c, "__ior__", &set_object::unite);
}
void set_object::isub(call& c) {
  operate_in_place(c, "__isub__", &set_object::subtract);
}
void set_object::ixor(call& c) {
  operate_in_place(c, "__ixor__", &set_object::toggle);
}

void set_object::ge(call& c) {
  compare(c, "__ge__", contains_all);
}
void set_object::le(call& c) {
  compare(c, "__le__", [](const key_set& a, const key_set& b) { return contains_all(b, a); });
}
void set_object::gt(call& c) {
  compare(c, "__gt__", [](const key_set& a, const key_set& b) {
    return a.size() > b.size() && contains_all(a, b);
  });
}
void set_object::lt(call& c) {
  compare(c, "__lt__", [](const key_set& a, const key_set& b) {
    return a.size() < b.size() && contains_all(b, a);
  });
}

void set_object::class_getitem(call& c) {
  const frozen& item = c.args.take_one("set.__class_getitem__");
  c.reply.global("types", "GenericAlias").begin_tuple().global("builtins", "set");
  if (item.kind() == kind::tuple) {
    c.reply.frozen(item);
  } else {
    c.reply.begin_tuple().frozen(item).end_tuple();
  }
  c.reply.end_tuple().reduce();
}

void set_object::contains(call& c) {
  const key k = sought_key(c.args.take_one("set.__contains__"));
  c.reply.boolean(step([&] { return keys_.find(k) != nullptr; }));
}

void set_object::iter(call& c) {
  c.args.take_slot("__iter__", 0);
  write_iterator(c.reply, long_step([this] { return originals(keys_); }));
}

void set_object::len(call& c) {
  c.args.take_slot("__len__", 0);
  c.reply.integer(static_cast<std::int64_t>(keys_.size()));
}

// Methods.

void set_object::add(call& c) {
  key k(std::move(c.args.take_one("set.add")));
  step([&] { insert(k); });
}

void set_object::clear(call& c) {
  c.args.take_none("set.clear");
  dropped_keys dropped;
  step([&] { assign({}, dropped); });
}

void set_object::copy(call& c) {
  c.args.take_none("set.copy");
  write_value(c.reply);
}

void set_object::combine_all(call& c, std::string_view name, combination combine) {
  const auto others = c.args.take_all(name);
  key_set result = snapshot();
  for (const frozen& argument : others) {
    const set_operand other = iterable_operand(argument);
    other.throw_error();
    result = combine(result, other);
  }
  write_set(c.reply, result);
}

void set_object::difference(call& c) {
  combine_all(c, "set.difference", without);
}
void set_object::intersection(call& c) {
  combine_all(c, "set.intersection", common);
}
void set_object::union_with(call& c) {
  combine_all(c, "set.union", united);
}

void set_object::symmetric_difference(call& c) {
  c.args.take_one("set.symmetric_difference");
  combine_all(c, "set.symmetric_difference", either);
}

void set_object::difference_update(call& c) {
  change_by_each(c, "set.difference_update", &set_object::subtract);
}
void set_object::update(call& c) {
  change_by_each(c, "set.update", &set_object::unite);
}

void set_object::change_by_each(call& c, std::string_view name, change apply) {
  for (const frozen& argument : c.args.take_all(name)) {
    const set_operand other = iterable_operand(argument);
    dropped_keys dropped;
    long_step([&] { (this->*apply)(other, dropped); });
    other.throw_error();
  }
}

void set_object::intersection_update(call& c) {
  std::vector<set_operand> others;
  for (const frozen& argument : c.args.take_all("set.intersection_update")) {
    others.push_back(iterable_operand(argument));
    others.back().throw_error();
  }
  dropped_keys dropped;
  long_step([&] {
    key_set result = keys_;
    for (const set_operand& other : others)
      result = common(result, other);
    assign(std::move(result), dropped);
  });
}

void set_object::symmetric_difference_update(call& c) {
  const set_operand other = iterable_operand(c.args.take_one("set.symmetric_difference_update"));
  other.throw_error();
  dropped_keys dropped;
  long_step([&] { toggle(other, dropped); });
}

void set_object::discard(call& c) {
  const key k = sought_key(c.args.take_one("set.discard"));
  dropped_keys dropped;
  step([&] { erase(k, dropped); });
}

// Python looks at one key after the other and knows at the first common one.
void set_object::isdisjoint(call& c) {
  const set_operand other = iterable_operand(c.args.take_one("set.isdisjoint"));
  const bool disjoint = common(snapshot(), other).size() == 0;
  if (disjoint) other.throw_error();
  c.reply.boolean(disjoint);
}

void set_object::issubset(call& c) {
  const set_operand other = iterable_operand(c.args.take_one("set.issubset"));
  other.throw_error();
  c.reply.boolean(contains_all(other.keys, snapshot()));
}

// Python looks at one key after the other and knows at the first missing one.
void set_object::issuperset(call& c) {
  const set_operand other = iterable_operand(c.args.take_one("set.issuperset"));
  const bool superset = contains_all(snapshot(), other.keys);
  if (superset) other.throw_error();
  c.reply.boolean(superset);
}

void set_object::pop(call& c) {
  c.args.take_none("set.pop");
  if (keys_.size() == 0) throw python_error("KeyError", "pop from an empty set");
  c.reply.frozen(keys_.first().key.original());
  const key popped = keys_.take_first().key;
  took_out(popped);
  c.drop(popped.original());
}

void set_object::remove(call& c) {
  const frozen& item = c.args.take_one("set.remove");
  const key k = sought_key(item);
  dropped_keys dropped;
  if (!step([&] { return erase(k, dropped); }))
    throw python_error("KeyError", thaw_tuple({&item, 1}));
}

std::shared_ptr<hosted> make_set(arguments& args) {
  if (!args.keywords().empty()) throw python_error("TypeError", "set() takes no keyword arguments");
  const auto given = args.take_between("set", 0, 1);
  if (given.empty()) return std::make_shared<set_object>(key_set());
  set_operand items = iterable_operand(given.front());
  items.throw_error();
  return std::make_shared<set_object>(std::move(items.keys));
}

void host_set(registry& types, iterators) {
  types.host<set_object>("set", make_set, "SetProxy", {{"builtins", "set"}});
}

}  // namespace pickled::inline v0::detail
