#include "server/types/set_object.hpp"

#include "server/types/slots.hpp"

#include <utility>

namespace pickled {
set_object::set_object(key_set keys) : keys_(std::move(keys)) {
  keys_.for_each([this](const key_set::entry& e) { held_.add(e.key.original()); });
}

// The order is that of SetProxy in CPython 3.14.
std::span<const method_entry> set_object::table() noexcept {
  static constexpr method_entry methods[] = {
      {"__and__", method<&set_object::and_with>, true},
      {"__class_getitem__", method<&set_object::class_getitem>},
      {"__contains__", method<&set_object::contains>},
      {"__iand__", method<&set_object::iand>, true},
      {"__ior__", method<&set_object::ior>, true},
      {"__isub__", method<&set_object::isub>, true},
      {"__iter__", method<&set_object::iter>, true},
      {"__ixor__", method<&set_object::ixor>, true},
      {"__len__", method<&set_object::len>},
      {"__or__", method<&set_object::or_with>, true},
      {"__rand__", method<&set_object::rand>, true},
      {"__ror__", method<&set_object::ror>, true},
      {"__rsub__", method<&set_object::rsub>, true},
      {"__rxor__", method<&set_object::rxor>, true},
      {"__sub__", method<&set_object::sub>, true},
      {"__xor__", method<&set_object::xor_with>, true},
      {"__ge__", method<&set_object::ge>, true},
      {"__gt__", method<&set_object::gt>, true},
      {"__le__", method<&set_object::le>, true},
      {"__lt__", method<&set_object::lt>, true},
      {"add", method<&set_object::add>},
      {"clear", method<&set_object::clear>, true},
      {"copy", method<&set_object::copy>, true},
      {"difference", method<&set_object::difference>, true},
      {"difference_update", method<&set_object::difference_update>, true},
      {"discard", method<&set_object::discard>},
      {"intersection", method<&set_object::intersection>, true},
      {"intersection_update", method<&set_object::intersection_update>, true},
      {"isdisjoint", method<&set_object::isdisjoint>, true},
      {"issubset", method<&set_object::issubset>, true},
      {"issuperset", method<&set_object::issuperset>, true},
      {"pop", method<&set_object::pop>},
      {"remove", method<&set_object::remove>},
      {"symmetric_difference", method<&set_object::symmetric_difference>, true},
      {"symmetric_difference_update", method<&set_object::symmetric_difference_update>, true},
      {"union", method<&set_object::union_with>, true},
      {"update", method<&set_object::update>},
  };
  return methods;
}

std::string set_object::repr(std::size_t limit) const {
  const std::vector<frozen> items = originals(snapshot());
  return items.empty() ? "set()" : repr_sequence("{", items, "}", limit);
}

void set_object::write_value(splicer& out) const {
  write_set(out, snapshot());
}

std::size_t set_object::weight() const noexcept {
  const std::lock_guard lock(mutex_);
  return held_.bytes();
}

void set_object::for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const {
  std::vector<frozen> items;
  {
    const std::lock_guard lock(mutex_);
    if (!held_.have_proxies()) return;
    items = originals(keys_);
  }
  visit_proxies(items, visit);
}

std::optional<std::vector<frozen>> set_object::items() const {
  return originals(snapshot());
}

key_set set_object::snapshot() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

bool set_object::insert(key& k) {
  const auto [found, added] = keys_.find_or_add(k);
  if (added) held_.add(found->key.original());
  return added;
}

bool set_object::erase(const key& k, key_set& dropped) {
  auto taken = keys_.take(k);
  if (!taken) return false;
  held_.remove(taken->key.original());
  dropped.find_or_add(taken->key);
  return true;
}

void set_object::assign(key_set keys, key_set& dropped) {
  held_.clear();
  keys.for_each([this](const key_set::entry& e) { held_.add(e.key.original()); });
  dropped = std::exchange(keys_, std::move(keys));
}

void set_object::unite(const set_operand& other, key_set&) {
  other.keys.for_each([this](const key_set::entry& e) {
    key copy = e.key;
    insert(copy);
  });
}

void set_object::subtract(const set_operand& other, key_set& dropped) {
  other.keys.for_each([&](const key_set::entry& e) { erase(e.key, dropped); });
}

void set_object::intersect(const set_operand& other, key_set& dropped) {
  assign(common(keys_, other), dropped);
}

void set_object::toggle(const set_operand& other, key_set& dropped) {
  other.keys.for_each([&](const key_set::entry& e) {
    key copy = e.key;
    if (!erase(copy, dropped)) insert(copy);
  });
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
  key_set dropped;
  key_set result;
  {
    const std::lock_guard lock(mutex_);
    (this->*apply)(*other, dropped);
    result = keys_;
  }
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
  const std::lock_guard lock(mutex_);
  c.reply.boolean(keys_.find(k) != nullptr);
}

void set_object::iter(call& c) {
  c.args.take_slot("__iter__", 0);
  write_iterator(c.reply, originals(snapshot()));
}

void set_object::len(call& c) {
  c.args.take_slot("__len__", 0);
  const std::lock_guard lock(mutex_);
  c.reply.integer(static_cast<std::int64_t>(keys_.size()));
}

// Methods.

void set_object::add(call& c) {
  key k(std::move(c.args.take_one("set.add")));
  const std::lock_guard lock(mutex_);
  insert(k);
}

void set_object::clear(call& c) {
  c.args.take_none("set.clear");
  key_set dropped;
  const std::lock_guard lock(mutex_);
  assign({}, dropped);
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
    key_set dropped;
    {
      const std::lock_guard lock(mutex_);
      (this->*apply)(other, dropped);
    }
    other.throw_error();
  }
}

void set_object::intersection_update(call& c) {
  std::vector<set_operand> others;
  for (const frozen& argument : c.args.take_all("set.intersection_update")) {
    others.push_back(iterable_operand(argument));
    others.back().throw_error();
  }
  key_set dropped;
  const std::lock_guard lock(mutex_);
  key_set result = keys_;
  for (const set_operand& other : others)
    result = common(result, other);
  assign(std::move(result), dropped);
}

void set_object::symmetric_difference_update(call& c) {
  const set_operand other = iterable_operand(c.args.take_one("set.symmetric_difference_update"));
  other.throw_error();
  key_set dropped;
  const std::lock_guard lock(mutex_);
  toggle(other, dropped);
}

void set_object::discard(call& c) {
  const key k = sought_key(c.args.take_one("set.discard"));
  key_set dropped;
  const std::lock_guard lock(mutex_);
  erase(k, dropped);
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
  std::optional<key_set::entry> popped;
  {
    const std::lock_guard lock(mutex_);
    if (keys_.size() != 0) {
      popped = keys_.take_first();
      held_.remove(popped->key.original());
    }
  }
  if (!popped) throw python_error("KeyError", "pop from an empty set");
  c.reply.frozen(popped->key.original());
}

void set_object::remove(call& c) {
  const frozen& item = c.args.take_one("set.remove");
  const key k = sought_key(item);
  key_set dropped;
  const std::lock_guard lock(mutex_);
  if (!erase(k, dropped)) throw python_error("KeyError", {item});
}

std::shared_ptr<hosted> make_set(arguments& args) {
  if (!args.keywords().empty()) throw python_error("TypeError", "set() takes no keyword arguments");
  const auto given = args.take_between("set", 0, 1);
  if (given.empty()) return std::make_shared<set_object>(key_set());
  set_operand items = iterable_operand(given.front());
  items.throw_error();
  return std::make_shared<set_object>(std::move(items.keys));
}

}  // namespace pickled
