// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/native.hpp"

#include "pickled/convert/conversion_error.hpp"
#include "pickled/python/array_layout.hpp"
#include "pickled/value/as_call.hpp"
#include "python/array.hpp"
#include "python/behaviour.hpp"
#include "python/comparison.hpp"
#include "python/iteration.hpp"
#include "python/numpy_scalar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

using construction = instance_node::construction;
using items_found = std::optional<item_list<value_view>>;

bool is_sequence(value_view v) noexcept {
  return v.is(kind::list) || v.is(kind::tuple) || v.is(kind::set) || v.is(kind::frozenset);
}

// cls.__new__(cls) and nothing more: an empty subclass of a list or dict, or a named tuple without
// a field.
bool is_bare(value_view v) noexcept {
  const instance_node* const object = v.if_instance();
  return object != nullptr && object->how == construction::newobj && object->args.is(kind::tuple) &&
         object->args.size() == 0 && object->changes.size == 0;
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
bool may_repeat_keys(const item_list<Item>& items) noexcept {
  return std::any_of(items.begin(), items.end(), [&](const Item& item) {
    const value_view key = key_of(item);
    return !is_scalar(key.kind()) || !key.is(key_of(items[0]).kind());
  });
}

// The items of a set or the pairs of a dict, as Python keeps what was sent.
template <class Item>
item_list<Item> distinct(item_list<Item> sent) {
  constexpr bool has_values = std::same_as<Item, dict_entry>;
  if (!may_repeat_keys(sent)) return sent;
  comparison comparing;
  key_table table(comparing);
  table.reserve(sent.size());
  std::vector<Item> kept;
  if constexpr (has_values) {
    for (const dict_entry& entry : sent)
      table.insert(entry.key, entry.value);
    kept.assign(table.entries().begin(), table.entries().end());
  } else {
    for (const value_view item : sent)
      table.insert(item, {});
    for (const dict_entry& entry : table.entries())
      kept.push_back(entry.key);
  }
  return item_list<Item>(std::move(kept));
}

// What iter([...]) or reversed([...]) has not yielded yet.
items_found iterator_items(value_view v) {
  const instance_node* call = as_call(v, {"builtins", "iter"});
  if (call == nullptr) call = as_call(v, {"builtins", "reversed"});
  const bool of_sequence =
      call != nullptr && call->args.size() == 1 && is_sequence(call->args.as_items()[0]);
  if (!of_sequence) return std::nullopt;
  arena made;  // nothing: the items are those of the sequence
  auto items = iteration(made, std::numeric_limits<std::size_t>::max()).items(v);
  return items ? items_found(item_list<value_view>(*std::move(items))) : std::nullopt;
}

// A numpy array of one dimension.
items_found ndarray_items(value_view v) {
  const std::optional<array_layout> layout = ndarray_layout(v);
  if (!layout || layout->shape.size() != 1) return std::nullopt;
  const element_type type = layout->type;
  const bool roomy = type.letter == 'c' || (type.letter == 'u' && type.size == 8);
  const auto made = std::make_shared<arena>();
  number_room shared;
  std::vector<value_view> items;
  items.reserve(layout->shape[0]);
  for (std::size_t i = 0; i < layout->shape[0]; ++i) {
    auto* room = roomy ? new (made->allocate(sizeof(number_room))) number_room : &shared;
    items.push_back(read_number(type, layout->content.data() + i * type.size, *room));
  }
  return item_list<value_view>(std::move(items), made);
}

items_found items_of(value_view v) {
  const face f = face_of(v);
  switch (f.behaves) {
    case behaviour::tuple:
    case behaviour::list:
    case behaviour::deque:
      if (!is_sequence(f.value)) return item_list<value_view>(appended_items(f));
      return item_list<value_view>(f.value.as_items());
    case behaviour::set: return distinct(item_list<value_view>(f.value.as_items()));
    case behaviour::array: {
      const auto made = std::make_shared<arena>();
      return item_list<value_view>(array_items(f.value.as_instance(), *made), made);
    }
    case behaviour::other: break;
    default: return std::nullopt;
  }
  if (is_bare(v)) return item_list<value_view>();
  auto items = iterator_items(v);
  return items ? std::move(items) : ndarray_items(v);
}

}  // namespace

void check_size(std::size_t items, std::size_t expected) {
  if (items != expected)
    throw conversion_error(fmt::format("{} items", expected), fmt::format("{}", items));
}

value_view native_scalar(value_view v, number_room& room) noexcept {
  if (!v.is(kind::instance)) return v;
  if (const auto scalar = read_numpy_scalar(v.as_instance()); scalar && scalar->is_number()) {
    return read_number(scalar->type(), scalar->content.data(), room);
  }
  const face f = face_of(v);
  switch (f.behaves) {
    case behaviour::number:
    case behaviour::str:
    case behaviour::bytes: return f.value;
    default: return v;
  }
}

item_list<value_view> native_items(value_view v, std::string_view expected) {
  if (auto items = items_of(v)) return *std::move(items);
  throw conversion_error(expected, v);
}

item_list<dict_entry> native_entries(value_view v, std::string_view expected) {
  const face f = face_of(v);
  if (is_dict_like(f.behaves)) {
    return distinct(f.value.is(kind::dict) ? item_list<dict_entry>(f.value.as_entries())
                                           : item_list<dict_entry>(assigned_entries(f)));
  }
  if (is_bare(v)) return {};
  throw conversion_error(expected, v);
}

}  // namespace pickled::inline v0::detail
