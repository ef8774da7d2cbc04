// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/native.hpp"

#include "pickled/convert/conversion_error.hpp"
#include "pickled/python/array_layout.hpp"
#include "pickled/value/as_call.hpp"
#include "python/array.hpp"
#include "python/behaviour.hpp"
#include "python/comparison.hpp"
#include "python/numpy_scalar.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <optional>

namespace pickled {
namespace {

using construction = instance_node::construction;
using change = instance_node::change;
using what = enum change::what;
using items_found = std::optional<item_list<value_view>>;

bool is_sequence(value_view v) noexcept {
  return v.is(kind::list) || v.is(kind::tuple) || v.is(kind::set) || v.is(kind::frozenset);
}

// cls.__new__(cls) and nothing more: an empty subclass of a list or dict.
bool is_bare(const instance_node& object) noexcept {
  return object.how == construction::newobj && object.args.is(kind::tuple) &&
         object.args.as_items().empty() && object.changes.size == 0;
}

value_view key_of(const dict_entry& entry) noexcept {
  return entry.key;
}
value_view key_of(value_view item) noexcept {
  return item;
}

// Keys of one kind without parts are equal in Python where they are as C++ types; others may be
// equal although only the first of them fits the type: {1: 'a', 1.0: 'b'} is {1: 'b'}.
template <class Item>
bool may_repeat_keys(std::span<const Item> items) noexcept {
  return std::any_of(items.begin(), items.end(), [&](const Item& item) {
    const value_view key = key_of(item);
    return !is_scalar(key.kind()) || !key.is(key_of(items[0]).kind());
  });
}

item_list<dict_entry> distinct_entries(std::span<const dict_entry> entries) {
  if (!may_repeat_keys(entries)) return item_list<dict_entry>(entries);
  comparison run;
  key_table table(run);
  table.reserve(entries.size());
  for (const dict_entry& entry : entries)
    table.insert(entry.key, entry.value);
  const auto distinct = table.entries();
  return item_list<dict_entry>(std::vector<dict_entry>(distinct.begin(), distinct.end()));
}

item_list<value_view> distinct_items(std::span<const value_view> items) {
  if (!may_repeat_keys(items)) return item_list<value_view>(items);
  comparison run;
  key_table table(run);
  table.reserve(items.size());
  for (const value_view item : items)
    table.insert(item, {});
  std::vector<value_view> distinct;
  for (const dict_entry& entry : table.entries())
    distinct.push_back(entry.key);
  return item_list<value_view>(std::move(distinct));
}

// iter([...]) and reversed([...]). Their state is where they stand: the index of what comes next.
items_found iterator_items(value_view v) {
  const bool reversed = as_call(v, {"builtins", "reversed"}) != nullptr;
  if (!reversed && as_call(v, {"builtins", "iter"}) == nullptr) return std::nullopt;
  const instance_node& object = v.as_instance();
  const auto args = object.args.as_items();
  if (args.size() != 1 || !is_sequence(args[0])) return std::nullopt;
  const auto items = args[0].as_items();
  const auto size = static_cast<std::int64_t>(items.size());
  std::int64_t next = reversed ? size - 1 : 0;
  for (const change& c : object.changes.view()) {
    if (c.what != what::build || !c.first.is(kind::integer)) return std::nullopt;
    next = std::clamp<std::int64_t>(c.first.as_integer(), -1, size);
  }
  if (!reversed) {
    const auto begin =
        std::min(items.size(), static_cast<std::size_t>(std::max(next, std::int64_t{0})));
    return item_list<value_view>(items.subspan(begin));
  }
  const auto left = items.first(std::min(items.size(), static_cast<std::size_t>(next + 1)));
  return item_list<value_view>(std::vector<value_view>(left.rbegin(), left.rend()));
}

// A numpy array of one dimension.
items_found ndarray_items(value_view v) {
  const std::optional<array_layout> layout = ndarray_layout(v);
  if (!layout || layout->shape.size() != 1) return std::nullopt;
  const element_type type = layout->type;
  const bool roomy = type.letter == 'c' || (type.letter == 'u' && type.size == 8);
  auto made = std::make_unique<arena>();
  number_room shared;
  std::vector<value_view> items;
  items.reserve(layout->shape[0]);
  for (std::size_t i = 0; i < layout->shape[0]; ++i) {
    auto* room = roomy ? new (made->allocate(sizeof(number_room))) number_room : &shared;
    items.push_back(read_number(type, layout->content.data() + i * type.size, *room));
  }
  return item_list<value_view>(std::move(items), std::move(made));
}

items_found items_of(value_view v) {
  const face f = face_of(v);
  switch (f.what) {
    case behaviour::tuple:
    case behaviour::list:
    case behaviour::set:
    case behaviour::deque:
      if (!is_sequence(f.value)) return item_list<value_view>(appended_items(f));
      if (f.what == behaviour::set) return distinct_items(f.value.as_items());
      return item_list<value_view>(f.value.as_items());
    case behaviour::array: {
      auto made = std::make_unique<arena>();
      auto items = array_items(f.value.as_instance(), *made);
      return item_list<value_view>(std::move(items), std::move(made));
    }
    case behaviour::other: break;
    default: return std::nullopt;
  }
  if (!v.is(kind::instance)) return std::nullopt;
  const instance_node& object = v.as_instance();
  if (auto items = iterator_items(v)) return items;
  if (auto items = ndarray_items(v)) return items;
  // A named tuple without a field.
  const bool named_tuple =
      object.how == construction::newobj && object.changes.size == 0 && is_bare(object);
  return named_tuple ? items_found(item_list<value_view>(object.args.as_items())) : std::nullopt;
}

}  // namespace

value_view native_scalar(value_view v, number_room& room) noexcept {
  if (!v.is(kind::instance)) return v;
  if (const auto scalar = read_numpy_scalar(v.as_instance()); scalar && scalar->is_number()) {
    return read_number(scalar->type(), scalar->content.data(), room);
  }
  const face f = face_of(v);
  switch (f.what) {
    case behaviour::number:
    case behaviour::str:
    case behaviour::bytes: return f.value;
    default: return v;
  }
}

item_list<value_view> native_items(value_view v, std::string_view expected) {
  if (v.is(kind::set) || v.is(kind::frozenset)) return distinct_items(v.as_items());
  if (is_sequence(v)) return item_list<value_view>(v.as_items());
  if (auto items = items_of(v)) return std::move(*items);
  throw conversion_error(expected, v);
}

item_list<dict_entry> native_entries(value_view v, std::string_view expected) {
  if (v.is(kind::dict)) return distinct_entries(v.as_entries());
  const face f = face_of(v);
  if (is_dict_like(f.what) && f.value.is(kind::dict)) return distinct_entries(f.value.as_entries());
  if (!v.is(kind::instance)) throw conversion_error(expected, v);
  const instance_node& object = v.as_instance();
  if (!is_dict_like(f.what) && !is_bare(object)) throw conversion_error(expected, v);
  std::vector<dict_entry> entries;
  const auto args = object.args.as_items();
  if (f.what == behaviour::counter && args.size() == 1) {
    entries.assign(args[0].as_entries().begin(), args[0].as_entries().end());
  }
  for (const change& c : object.changes.view()) {
    if (c.what == what::setitem) entries.push_back({c.first, c.second});
  }
  if (!may_repeat_keys<dict_entry>(entries)) return item_list<dict_entry>(std::move(entries));
  return distinct_entries(entries);
}

}  // namespace pickled
