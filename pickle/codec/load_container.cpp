// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/unpickling.hpp"
#include "pickle/value/node.hpp"

#include <algorithm>
#include <new>

namespace pickled::inline v0::detail {

namespace {

template <class Items>
unsigned deepest(const Items& items) noexcept {
  unsigned depth = 0;
  for (const value_view item : items)
    depth = std::max<unsigned>(depth, item.depth());
  return depth;
}

}  // namespace

pickle_errc unpickling::load_empty(kind k) {
  static_assert(sizeof(list_node) == sizeof(dict_node));
  void* node = arena_.try_allocate(sizeof(list_node), alignof(list_node));
  if (node == nullptr) return pickle_errc::too_large;
  if (k == kind::dict) return push(value_view::node(k, new (node) dict_node));
  return push(value_view::node(k, new (node) list_node));
}

// The last `count` items become one tuple or frozenset.
pickle_errc unpickling::finish(kind k, std::size_t count) {
  if (count == 0) return push(value_view::items(k, nullptr, 0, 1));
  const std::span<value_view> items = stack_.last(count);
  auto* copy = try_allocate_counted<value_view>(arena_, count);
  if (copy == nullptr) return pickle_errc::too_large;
  value_view* to = copy;
  unsigned depth = 0;
  bool hashable = true;
  for (const value_view item : items) {
    depth = std::max<unsigned>(depth, item.depth());
    hashable = hashable && item.hashable();
    new (to++) value_view(item);
  }
  if (++depth > options_.max_depth) return pickle_errc::too_deep;
  if (k == kind::frozenset && !hashable) return pickle_errc::unhashable;
  const unsigned kept = std::min<unsigned>(depth, value_view::deepest);
  stack_.drop(count);
  const value_view made =
      value_view::items(k, copy, count, static_cast<std::uint16_t>(kept), hashable);
  return push(made.as_counted());
}

pickle_errc unpickling::load_counted_tuple(std::size_t count) {
  if (stack_.reachable() < count) return stack_.underflow();
  return finish(kind::tuple, count);
}

pickle_errc unpickling::load_tuple() {
  std::size_t count = 0;
  if (!stack_.pop_mark(count)) return pickle_errc::mark_not_found;
  return finish(kind::tuple, count);
}

pickle_errc unpickling::load_frozenset() {
  std::size_t count = 0;
  if (!stack_.pop_mark(count)) return pickle_errc::mark_not_found;
  return finish(kind::frozenset, count);
}

pickle_errc unpickling::load_list() {
  std::size_t count = 0;
  if (!stack_.pop_mark(count)) return pickle_errc::mark_not_found;
  if (const pickle_errc e = load_empty(kind::list); e != done) return e;
  const value_view list = stack_.pop();
  if (const pickle_errc e = count == 0 ? done : extend(list, count); e != done) return e;
  stack_.drop(count);
  return push(list);
}

pickle_errc unpickling::load_dict() {
  std::size_t count = 0;
  if (!stack_.pop_mark(count)) return pickle_errc::mark_not_found;
  if (count % 2 != 0) return pickle_errc::odd_items;
  if (const pickle_errc e = load_empty(kind::dict); e != done) return e;
  const value_view dict = stack_.pop();
  if (const pickle_errc e = count == 0 ? done : update(dict, count); e != done) return e;
  stack_.drop(count);
  return push(dict);
}

pickle_errc unpickling::load_append() {
  if (stack_.reachable() < 2) return stack_.underflow();
  const pickle_errc e = extend(stack_.top(1), 1);
  stack_.drop(1);
  return e;
}

pickle_errc unpickling::load_appends() {
  std::size_t count = 0;
  if (!stack_.pop_mark(count)) return pickle_errc::mark_not_found;
  if (stack_.reachable() <= count) return stack_.underflow();
  const pickle_errc e = count == 0 ? done : extend(stack_.top(count), count);
  stack_.drop(count);
  return e;
}

pickle_errc unpickling::load_setitem() {
  if (stack_.reachable() < 3) return stack_.underflow();
  const pickle_errc e = update(stack_.top(2), 2);
  stack_.drop(2);
  return e;
}

pickle_errc unpickling::load_setitems() {
  std::size_t count = 0;
  if (!stack_.pop_mark(count)) return pickle_errc::mark_not_found;
  if (stack_.reachable() <= count) return stack_.underflow();
  if (count % 2 != 0) return pickle_errc::odd_items;
  const pickle_errc e = count == 0 ? done : update(stack_.top(count), count);
  stack_.drop(count);
  return e;
}

pickle_errc unpickling::load_additems() {
  std::size_t count = 0;
  if (!stack_.pop_mark(count)) return pickle_errc::mark_not_found;
  if (stack_.reachable() <= count) return stack_.underflow();
  const pickle_errc e = count == 0 ? done : add(stack_.top(count), count);
  stack_.drop(count);
  return e;
}

template <class Item>
pickle_errc unpickling::deepen(sequence_node<Item>& node, unsigned deepest_item) {
  const unsigned depth = deepest_item + 1;
  if (depth <= node.depth) return done;
  if (depth > options_.max_depth) return pickle_errc::too_deep;
  node.depth = static_cast<std::uint16_t>(std::min<unsigned>(depth, value_view::deepest));
  if (node.uses != 0) depths_are_stale_ = true;
  return done;
}

// The last `count` items are appended to what lies below them.
pickle_errc unpickling::extend(value_view list, std::size_t count) {
  if (list.is(kind::instance)) return change_instance(list, action::append, count);
  if (!list.is(kind::list)) return pickle_errc::not_a_container;
  auto& node = node_of<list_node>(list);
  value_view* room = try_grow(arena_, node, count);
  if (room == nullptr) return pickle_errc::too_large;
  const std::span<value_view> items = stack_.last(count);
  std::copy(items.begin(), items.end(), room);
  return deepen(node, deepest(items));
}

pickle_errc unpickling::update(value_view dict, std::size_t count) {
  if (dict.is(kind::instance)) return change_instance(dict, action::setitem, count);
  if (!dict.is(kind::dict)) return pickle_errc::not_a_container;
  auto& node = node_of<dict_node>(dict);
  dict_entry* room = try_grow(arena_, node, count / 2);
  if (room == nullptr) return pickle_errc::too_large;
  const std::span<value_view> items = stack_.last(count);
  bool hashable = true;
  for (std::size_t i = 0; i < count; i += 2) {
    hashable = hashable && items[i].hashable();
    *room++ = {items[i], items[i + 1]};
  }
  if (!hashable) return pickle_errc::unhashable;
  return deepen(node, deepest(items));
}

pickle_errc unpickling::add(value_view set, std::size_t count) {
  if (set.is(kind::instance)) return change_instance(set, action::additem, count);
  if (!set.is(kind::set)) return pickle_errc::not_a_container;
  const std::span<value_view> items = stack_.last(count);
  const auto hashable = [](value_view item) { return item.hashable(); };
  if (!std::all_of(items.begin(), items.end(), hashable)) return pickle_errc::unhashable;
  auto& node = node_of<set_node>(set);
  value_view* room = try_grow(arena_, node, count);
  if (room == nullptr) return pickle_errc::too_large;
  std::copy(items.begin(), items.end(), room);
  return deepen(node, deepest(items));
}

pickle_errc unpickling::change_instance(value_view object, action kind_of_change,
                                        std::size_t count) {
  auto& changes = node_of<instance_node>(object).changes;
  const std::span<value_view> items = stack_.last(count);
  const std::size_t step = kind_of_change == action::setitem ? 2 : 1;
  change* room = try_grow(arena_, changes, count / step);
  if (room == nullptr) return pickle_errc::too_large;
  for (std::size_t i = 0; i < count; i += step) {
    new (room++) change{kind_of_change, items[i], step == 2 ? items[i + 1] : value_view()};
  }
  return deepen(changes, deepest(items));
}

}  // namespace pickled::inline v0::detail
