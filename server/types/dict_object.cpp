// SPDX-License-Identifier: BSL-1.0

#include "server/types/dict_object.hpp"

#include "frozen/thaw.hpp"
#include "pickled/python/python_error.hpp"
#include "server/registry.hpp"
#include "server/types/iterator_object.hpp"
#include "server/types/slots.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

void write_slots(splicer& out, std::span<const frozen> slots) {
  for (const frozen& slot : slots)
    out.frozen(slot);
}

// A new dict of the one and then the other: of equal keys the first stays, with the last value.
void write_merged(splicer& out, pairs first, pairs second = {}) {
  ordered_table<frozen> merged;
  for (pairs* part : {&first, &second}) {
    for (auto& [k, value] : part->items)
      merged.find_or_add(k).first->value = value;
  }
  out.begin_dict();
  merged.for_each([&](const auto& e) { out.frozen(e.key.original()).frozen(e.value); });
  out.end_dict();
}

// Every second one, from `first`.
std::vector<frozen> alternate(std::vector<frozen> slots, std::size_t first) {
  std::vector<frozen> result;
  result.reserve(slots.size() / 2);
  for (std::size_t i = first; i < slots.size(); i += 2)
    result.push_back(std::move(slots[i]));
  return result;
}

}  // namespace

dict_object::dict_object(pairs items, iterators how) : iterators_(how) {
  for (auto& [k, value] : items.items)
    put(k, value);
}

// The order is that of DictProxy in CPython 3.14.
std::span<const method_entry> dict_object::table() noexcept {
  static constexpr method_entry methods[] = {
      {"__contains__", method<&dict_object::contains>, needs::key},
      {"__delitem__", method<&dict_object::delitem>, needs::key},
      {"__getitem__", method<&dict_object::getitem>, needs::key},
      {"__ior__", method<&dict_object::ior>, needs::memory | needs::whole | needs::arguments},
      {"__iter__", method<&dict_object::iter>, needs::whole},
      {"__len__", method<&dict_object::len>, needs::little},
      {"__or__", method<&dict_object::union_with>, needs::whole | needs::arguments},
      {"__reversed__", method<&dict_object::reversed>, needs::whole},
      {"__ror__", method<&dict_object::runion>, needs::whole | needs::arguments},
      {"__setitem__", method<&dict_object::setitem>, needs::memory | needs::key},
      {"clear", method<&dict_object::clear>, needs::whole},
      {"copy", method<&dict_object::copy>, needs::whole},
      {"fromkeys", method<&dict_object::fromkeys>, needs::arguments},
      {"get", method<&dict_object::get>, needs::key},
      {"items", method<&dict_object::list_items>, needs::whole},
      {"keys", method<&dict_object::list_keys>, needs::whole},
      {"pop", method<&dict_object::pop>, needs::key},
      {"popitem", method<&dict_object::popitem>, needs::little},
      {"setdefault", method<&dict_object::setdefault>, needs::memory | needs::key},
      {"update", method<&dict_object::update>, needs::memory | needs::arguments},
      {"values", method<&dict_object::list_values>, needs::whole},
  };
  return methods;
}

std::string dict_object::repr(std::size_t limit) const {
  const std::vector<frozen> slots = keys_and_values(most_printed(limit));
  std::string text = "{";
  const auto left = [&] { return limit - std::min(limit, text.size()); };
  for (std::size_t i = 0; i < slots.size() && left() != 0; i += 2) {
    if (i != 0) text += ", ";
    text += repr_of(slots[i], left());
    text += ": ";
    text += repr_of(slots[i + 1], left());
  }
  return text += '}';
}

void dict_object::write_value(splicer& out) const {
  const std::vector<frozen> slots = keys_and_values();
  out.begin_dict();
  write_slots(out, slots);
  out.end_dict();
}

std::size_t dict_object::weight() const noexcept {
  return held_.bytes();
}

void dict_object::for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const {
  std::vector<frozen> slots;
  long_step([&] {
    if (!held_.have_proxies()) return;
    entries_.for_each([&](const storage::entry& e) {
      if (!e.key.original().holes().empty()) slots.push_back(e.key.original());
      if (!e.value.holes().empty()) slots.push_back(e.value);
    });
  });
  visit_proxies(slots, visit);
}

std::vector<frozen> dict_object::keys() const {
  return alternate(keys_and_values(), 0);
}

std::vector<frozen> dict_object::keys_and_values(std::size_t most) const {
  return long_step([&] {
    std::vector<frozen> slots;
    const std::size_t count = std::min(most, entries_.size());
    slots.reserve(count * 2);
    entries_.for_first(count, [&](const storage::entry& e) {
      slots.push_back(e.key.original());
      slots.push_back(e.value);
    });
    return slots;
  });
}

pairs dict_object::snapshot() const {
  return long_step([this] {
    pairs result;
    result.items.reserve(entries_.size());
    entries_.for_each([&](const storage::entry& e) { result.items.emplace_back(e.key, e.value); });
    return result;
  });
}

std::optional<frozen> dict_object::find(const key& k) const {
  return step([&]() -> std::optional<frozen> {
    const storage::entry* found = entries_.find(k);
    if (found == nullptr) return std::nullopt;
    return found->value;
  });
}

void dict_object::put(key& k, frozen& value) {
  const auto [found, added] = entries_.find_or_add(k);
  changed();
  held_.add(value);
  if (added) {
    held_.add(found->key.original());
    size_.store(entries_.size(), std::memory_order_relaxed);
  } else {
    held_.remove(found->value);
  }
  std::swap(found->value, value);
}

void dict_object::took_out(const storage::entry& e) noexcept {
  held_.remove(e.key.original());
  held_.remove(e.value);
  size_.store(entries_.size(), std::memory_order_relaxed);
  changed();
}

void dict_object::put_first(storage::entry e) {
  const frozen value = e.value;
  const frozen k = e.key.original();
  entries_.add_first(std::move(e));
  held_.add(k);
  held_.add(value);
  size_.store(entries_.size(), std::memory_order_relaxed);
  changed();
}

std::optional<dict_object::storage::entry> dict_object::take(const key& k) {
  auto taken = entries_.take(k);
  if (taken) took_out(*taken);
  return taken;
}

// The value is in the reply before it is taken out: without memory for the reply nothing is lost.
std::optional<dict_object::storage::entry> dict_object::take_into(splicer& reply, const key& k) {
  return step([&] {
    const storage::entry* const found = entries_.find(k);
    if (found != nullptr) reply.frozen(found->value);
    return found == nullptr ? std::nullopt : take(k);
  });
}

void dict_object::throw_key_error(const frozen& key) {
  throw python_error("KeyError", thaw_tuple({&key, 1}));
}

void dict_object::contains(call& c) {
  const key k(std::move(c.args.take_one("dict.__contains__")));
  c.reply.boolean(find(k).has_value());
}

void dict_object::delitem(call& c) {
  const key k(std::move(c.args.take_slot("__delitem__", 1).front()));
  const auto dropped = step([&] { return take(k); });
  if (!dropped) throw_key_error(k.original());
}

void dict_object::getitem(call& c) {
  const key k(std::move(c.args.take_one("dict.__getitem__")));
  const auto found = find(k);
  if (!found) throw_key_error(k.original());
  c.reply.frozen(*found);
}

void dict_object::ior(call& c) {
  pairs given = pairs_of(c.args.take_slot("__ior__", 1).front());
  put_all(given);
  given.throw_error();
  write_value(c.reply);
}

void dict_object::iter(call& c) {
  c.args.take_slot("__iter__", 0);
  if (iterators_ == iterators::snapshot) {
    write_iterator(c.reply, keys());
    return;
  }
  const auto self = std::static_pointer_cast<const dict_object>(shared_from_this());
  c.hand_out("Iterator", std::make_shared<iterator_object>(self, keys()));
}

void dict_object::len(call& c) {
  c.args.take_slot("__len__", 0);
  c.reply.integer(static_cast<std::int64_t>(size()));
}

void dict_object::union_with(call& c) {
  auto given = dict_argument(c.args.take_slot("__or__", 1).front());
  if (!given) {
    write_not_implemented(c.reply);
    return;
  }
  given->throw_error();
  write_merged(c.reply, snapshot(), *std::move(given));
}

void dict_object::runion(call& c) {
  auto given = dict_argument(c.args.take_slot("__ror__", 1).front());
  if (!given) {
    write_not_implemented(c.reply);
    return;
  }
  given->throw_error();
  write_merged(c.reply, *std::move(given), snapshot());
}

void dict_object::reversed(call& c) {
  c.args.take_none("dict.__reversed__");
  std::vector<frozen> reversed = keys();
  std::ranges::reverse(reversed);
  write_iterator(c.reply, reversed);
}

void dict_object::setitem(call& c) {
  const auto given = c.args.take_unnamed_slot("__setitem__", 2);
  key k(std::move(given[0]));
  step([&] { put(k, given[1]); });
}

void dict_object::clear(call& c) {
  c.args.take_none("dict.clear");
  storage dropped;
  step([&] {
    std::swap(dropped, entries_);
    held_.clear();
    size_.store(0, std::memory_order_relaxed);
    changed();
  });
}

void dict_object::copy(call& c) {
  c.args.take_none("dict.copy");
  write_value(c.reply);
}

void dict_object::fromkeys(call& c) {
  const auto given = c.args.take_between("dict.fromkeys", 1, 2);
  const frozen value = given.size() > 1 ? given[1] : frozen();
  pairs made;
  for (frozen& item : items_of(given[0]))
    made.add(std::move(item), value);
  made.throw_error();
  write_merged(c.reply, std::move(made));
}

void dict_object::get(call& c) {
  const auto given = c.args.take_between("dict.get", 1, 2);
  const key k(std::move(given[0]));
  if (const auto found = find(k)) {
    c.reply.frozen(*found);
  } else if (given.size() > 1) {
    c.reply.frozen(given[1]);
  }
}

void dict_object::list_items(call& c) {
  c.args.take_none("dict.items");
  const std::vector<frozen> slots = keys_and_values();
  c.reply.begin_list();
  for (std::size_t i = 0; i < slots.size(); i += 2) {
    c.reply.begin_tuple().frozen(slots[i]).frozen(slots[i + 1]).end_tuple();
  }
  c.reply.end_list();
}

void dict_object::list_keys(call& c) {
  c.args.take_none("dict.keys");
  write_list(c.reply, keys());
}

void dict_object::list_values(call& c) {
  c.args.take_none("dict.values");
  write_list(c.reply, alternate(keys_and_values(), 1));
}

void dict_object::pop(call& c) {
  const auto given = c.args.take_between("dict.pop", 1, 2);
  const key k(std::move(given[0]));
  const auto popped = take_into(c.reply, k);
  if (popped) return;
  if (given.size() == 1) throw_key_error(k.original());
  c.reply.frozen(given[1]);
}

void dict_object::popitem(call& c) {
  c.args.take_none("dict.popitem");
  if (entries_.size() == 0) throw python_error("KeyError", "popitem(): dictionary is empty");
  reply_pair(c.reply, entries_.last());
  drop_taken(c, entries_.take_last());
}

void dict_object::reply_pair(splicer& out, const storage::entry& e) {
  out.begin_tuple().frozen(e.key.original()).frozen(e.value).end_tuple();
}

void dict_object::drop_taken(call& c, storage::entry taken) noexcept {
  took_out(taken);
  c.drop(std::move(taken.value));
  c.drop(taken.key.original());
}

void dict_object::setdefault(call& c) {
  const auto given = c.args.take_between("dict.setdefault", 1, 2);
  set_default_of(c, key(std::move(given[0])), given.size() > 1 ? given[1] : frozen());
}

void dict_object::set_default_of(call& c, key k, frozen value) {
  step([&] {
    if (const storage::entry* found = entries_.find(k)) {
      value = found->value;
    } else {
      frozen stored = value;
      put(k, stored);
    }
  });
  c.reply.frozen(value);
}

void dict_object::update(call& c) {
  pairs given = update_arguments(c.args, "update");
  put_all(given);
  given.throw_error();
}

void dict_object::put_all(pairs& given) {
  long_step([&] {
    for (auto& [k, value] : given.items)
      put(k, value);
  });
}

std::shared_ptr<hosted> make_dict(arguments& args, iterators how) {
  pairs given = update_arguments(args, "dict");
  given.throw_error();
  return std::make_shared<dict_object>(std::move(given), how);
}

void host_dict(registry& types, iterators how) {
  types.host<dict_object>("dict", [how](arguments& args) { return make_dict(args, how); },
                          "DictProxy", {{"builtins", "dict"}}, {{"__iter__", "Iterator"}});
}

}  // namespace pickled::inline v0::detail
