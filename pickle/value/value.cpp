// SPDX-License-Identifier: BSL-1.0

#include "pickled/value/value.hpp"

#include "pickle/value/node.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <vector>

PICKLED_BEGIN_NAMESPACE

using detail::count_use;

namespace {

std::uint16_t one_more(std::uint16_t depth) noexcept {
  return depth == value_view::deepest ? depth : static_cast<std::uint16_t>(depth + 1);
}

// Every byte of UTF-8 but the continuations begins a code point.
std::size_t code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::uint16_t depth_around(std::span<const value_view> items) noexcept {
  std::uint16_t deepest = 0;
  for (const value_view item : items)
    deepest = std::max(deepest, item.depth());
  return one_more(deepest);
}

template <class Item>
Item* allocate_items(arena& where, std::size_t count) {
  if (count > value_view::largest / sizeof(Item)) throw std::bad_alloc();
  return static_cast<Item*>(where.allocate(count * sizeof(Item), alignof(Item)));
}

template <class Item>
Item* allocate_counted(arena& where, std::size_t count) {
  Item* items = detail::try_allocate_counted<Item>(where, count);
  if (items == nullptr) throw std::bad_alloc();
  return items;
}

// A leaf that is a node of its own.
template <class Node>
value_view counted_node(arena& where, kind k, const Node& node) {
  return value_view::node(k, new (allocate_counted<Node>(where, 1)) Node(node)).as_counted();
}

template <class Item>
void push_back(arena& where, sequence_node<Item>& node, const Item& item) {
  Item* room = detail::try_grow(where, node, 1);
  if (room == nullptr) throw std::bad_alloc();
  *room = item;
}

template <class Item>
void deepen(sequence_node<Item>& node, value_view item) noexcept {
  node.depth = std::max(node.depth, one_more(item.depth()));
  count_use(item);
}

std::string_view name_of(kind k) noexcept {
  static constexpr std::string_view names[] = {
      "None",      "bool",          "int",    "int of more than 64 bits",
      "float",     "complex",       "str",    "bytes",
      "bytearray", "tuple",         "list",   "dict",
      "set",       "frozenset",     "global", "extension",
      "instance",  "persistent id", "buffer", "proxy"};
  return names[static_cast<std::size_t>(k)];
}

std::string join(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts)
    text.append(part);
  return text;
}

// "an instance of m.Point", "a value of type list".
std::string name_of(value_view v) {
  const instance_node* const i = v.if_instance();
  if (i == nullptr || !i->callable.is(kind::global))
    return join({"a value of type ", name_of(v.kind())});
  const global_name name = i->callable.as_global();
  const bool called = i->how == instance_node::construction::reduce;  // a function, perhaps
  return join({called ? "a value made by " : "an instance of ", name.module, ".", name.name});
}

}  // namespace

access_error::access_error(pickle_errc code, std::string_view what, value_view in)
    : std::out_of_range(join({what, " ", name_of(in)})), code_(code) {}

access_error::access_error(pickle_errc code, const std::string& text)
    : std::out_of_range(text), code_(code) {}

access_error::access_error(std::string_view what, value_view in)
    : access_error(pickle_errc::not_found, join({"no item ", what, " in"}), in) {}

access_error::access_error(kind expected, value_view got)
    : std::out_of_range(join({"expected ", name_of(expected), ", got ",
                              got.is(kind::instance) ? name_of(got) : name_of(got.kind())})),
      code_(pickle_errc::other_kind) {}

access_error::access_error(std::string_view bad_path)
    : std::out_of_range(join({"not a path of a value: ", bad_path})),
      code_(pickle_errc::bad_path) {}

void value_view::throw_other_kind(pickled::kind expected) const {
  throw access_error(expected, *this);
}

const value_view* value_view::find(std::string_view key) const noexcept {
  const value_view* found = nullptr;
  if (!is(kind::dict)) return found;
  for (const dict_entry& entry : as_entries()) {
    if (entry.key.is(kind::str) && entry.key.as_str() == key) found = &entry.value;
  }
  return found;
}

value_view value_view::operator[](std::string_view key) const {
  if (const value_view* const found = find(key)) return *found;
  throw access_error(std::string("'").append(key).append("'"), *this);
}

const value_view* value_view::find(std::size_t index) const noexcept {
  const bool found = (is(kind::list) || is(kind::tuple)) && index < as_items().size();
  return found ? &as_items()[index] : nullptr;
}

value_view value_view::operator[](std::size_t index) const {
  if (const value_view* const found = find(index)) return *found;
  throw access_error(std::to_string(index), *this);
}

std::size_t value_view::size() const noexcept {
  switch (kind_) {
    case kind::str: return code_points(as_str());
    case kind::bytes:
    case kind::bytearray:
    case kind::tuple:
    case kind::frozenset: return size_;
    case kind::list:
    case kind::set: return node_as<list_node>().size;
    case kind::dict: return node_as<dict_node>().size;
    case kind::buffer: return as_buffer().content.size();
    default: return 0;
  }
}

std::uint16_t value_view::depth_of_node() const noexcept {
  switch (kind_) {
    case kind::list:
    case kind::set: return node_as<list_node>().depth;
    case kind::dict: return node_as<dict_node>().depth;
    case kind::instance: return as_instance().changes.depth;
    default: return static_cast<std::uint16_t>(depth_);
  }
}

value_view value_builder::copy(kind k, const void* data, std::size_t size) {
  // An empty bytearray still is an object of its own.
  if (size == 0 && k != kind::bytearray) return value_view::characters(k, nullptr, 0);
  auto* characters = allocate_counted<std::byte>(*arena_, size);
  if (size != 0) std::memcpy(characters, data, size);
  return value_view::characters(k, characters, size).as_counted();
}

value_view value_builder::integer(bytes_view twos_complement) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(twos_complement[i]); };
  std::size_t size = twos_complement.size();
  // A last byte that only repeats the sign says nothing.
  while (size > 1 && at(size - 1) == ((at(size - 2) & 0x80) != 0 ? 0xff : 0))
    --size;
  if (size > sizeof(std::int64_t)) return copy(kind::big_integer, twos_complement.data(), size);
  std::int64_t number = size != 0 && (at(size - 1) & 0x80) != 0 ? -1 : 0;
  if (size != 0) std::memcpy(&number, twos_complement.data(), size);
  return value_view::integer(number);
}

value_view value_builder::complex(double real, double imag) {
  return counted_node(*arena_, kind::complex, complex_number{real, imag});
}

value_view value_builder::sequence(kind k, std::span<const value_view> items) {
  if (items.empty()) return value_view::items(k, nullptr, 0, 1);
  auto* copied = allocate_counted<value_view>(*arena_, items.size());
  std::copy(items.begin(), items.end(), copied);
  for (const value_view item : items)
    count_use(item);
  const bool hashable =
      std::all_of(items.begin(), items.end(), [](value_view item) { return item.hashable(); });
  return value_view::items(k, copied, items.size(), depth_around(items), hashable).as_counted();
}

value_view value_builder::growing(kind k, std::span<const value_view> items) {
  auto* node = new (allocate_items<list_node>(*arena_, 1)) list_node;
  if (!items.empty()) {
    node->items = allocate_items<value_view>(*arena_, items.size());
    std::copy(items.begin(), items.end(), node->items);
    node->size = node->capacity = items.size();
    node->depth = depth_around(items);
    for (const value_view item : items)
      count_use(item);
  }
  return value_view::node(k, node);
}

value_view value_builder::dict(std::span<const dict_entry> entries) {
  auto* node = new (allocate_items<dict_node>(*arena_, 1)) dict_node;
  if (!entries.empty()) {
    node->items = allocate_items<dict_entry>(*arena_, entries.size());
    std::copy(entries.begin(), entries.end(), node->items);
    node->size = node->capacity = entries.size();
    for (const dict_entry& entry : entries) {
      deepen(*node, entry.key);
      deepen(*node, entry.value);
    }
  }
  return value_view::node(kind::dict, node);
}

value_view value_builder::global(std::string_view module, std::string_view name) {
  const auto keep = [this](std::string_view text) {
    return as_text(copy(kind::bytes, text.data(), text.size()).as_bytes());
  };
  // Classes of one module have its name in common.
  if (module != module_) module_ = keep(module);
  return counted_node(*arena_, kind::global, global_name{module_, keep(name)});
}

value_view value_builder::instance(instance_node::construction how, value_view callable,
                                   value_view args, value_view kwargs) {
  auto* node = new (allocate_items<instance_node>(*arena_, 1)) instance_node;
  node->how = how;
  node->callable = callable;
  node->args = args;
  node->kwargs = kwargs;
  for (const value_view part : {callable, args, kwargs})
    deepen(node->changes, part);
  return value_view::node(kind::instance, node);
}

value_view value_builder::persistent(value_view id) {
  auto* kept = new (allocate_items<value_view>(*arena_, 1)) value_view(id);
  count_use(id);
  return value_view::items(kind::persistent, kept, 1, one_more(id.depth()));
}

value_view value_builder::buffer(const buffer_reference& reference) {
  return counted_node(*arena_, kind::buffer, reference);
}

value_view value_builder::proxy(const proxy_reference& reference) {
  return value_view::node(kind::proxy, &reference);
}

void value_builder::append(value_view list, value_view item) {
  auto& node = detail::node_of<list_node>(list);
  push_back(*arena_, node, item);
  deepen(node, item);
}

void value_builder::insert(value_view dict, value_view key, value_view item) {
  auto& node = detail::node_of<dict_node>(dict);
  push_back(*arena_, node, dict_entry{key, item});
  deepen(node, key);
  deepen(node, item);
}

void value_builder::change(value_view object, const instance_node::change& change) {
  auto& node = detail::node_of<instance_node>(object);
  push_back(*arena_, node.changes, change);
  deepen(node.changes, change.first);
  deepen(node.changes, change.second);
}

namespace {

value make(std::initializer_list<value::item> items,
           value_view (value_builder::*container)(std::span<const value_view>)) {
  auto owner = std::make_shared<arena>();
  value_builder builder(*owner);
  std::vector<value_view> written;
  for (const value::item& item : items)
    written.push_back(to_value(item, builder));
  const value_view made = (builder.*container)(written);
  return {made, std::move(owner)};
}

void check_hashable(value_view v) {
  if (!v.hashable()) detail::throw_unhashable(v);
}

template <class Item>
void erase_at(sequence_node<Item>& node, std::size_t index) noexcept {
  std::copy(node.items + index + 1, node.items + node.size, node.items + index);
  --node.size;
}

}  // namespace

value value::list(std::initializer_list<item> items) {
  return make(items, &value_builder::list);
}

value value::tuple(std::initializer_list<item> items) {
  return make(items, &value_builder::tuple);
}

value value::set(std::initializer_list<item> items) {
  value made = make(items, &value_builder::set);
  for (const value_view item : made->as_items())
    check_hashable(item);
  return made;
}

value value::dict(std::initializer_list<std::pair<item, item>> items) {
  auto owner = std::make_shared<arena>();
  value_builder builder(*owner);
  std::vector<dict_entry> entries;
  for (const auto& [key, item] : items) {
    entries.push_back({to_value(key, builder), to_value(item, builder)});
    check_hashable(entries.back().key);
  }
  const value_view made = builder.dict(entries);
  return {made, std::move(owner)};
}

void detail::throw_unhashable(value_view key) {
  // Python names what is in a tuple, not the tuple.
  while (key.is(kind::tuple)) {
    const auto items = key.as_items();
    key = *std::find_if(items.begin(), items.end(), [](value_view v) { return !v.hashable(); });
  }
  throw access_error(pickle_errc::unhashable,
                     join({"unhashable type: '", name_of(key.kind()), "'"}));
}

value_builder value::builder_of_list() const {
  if (!view_.is(kind::list)) throw access_error(pickle_errc::other_kind, "cannot append to", view_);
  return value_builder(*owner_);
}

bool value::erase(std::string_view key) {
  if (!view_.contains(key)) return false;
  auto& node = detail::node_of<dict_node>(view_);
  for (std::size_t i = node.size; i-- != 0;) {
    const value_view found = node.items[i].key;
    if (found.is(kind::str) && found.as_str() == key) erase_at(node, i);
  }
  return true;
}

bool value::erase(std::size_t index) {
  if (!view_.is(kind::list) || index >= view_.size()) return false;
  erase_at(detail::node_of<list_node>(view_), index);
  return true;
}

const value_view* value::reference::find() const {
  const value_view* const found = key_ ? holder_->find(*key_) : holder_->find(index_);
  if (found == nullptr) throw missing();
  return found;
}

void value::reference::check() const {
  if (key_ ? holder_.is(kind::dict) : holder_.is(kind::list) && index_ < holder_.size()) return;
  if (!key_ && holder_->find(index_) != nullptr)
    throw access_error(pickle_errc::other_kind,
                       "cannot assign to item " + std::to_string(index_) + " of", holder_);
  throw missing();
}

access_error value::reference::missing() const {
  return {key_ ? "'" + *key_ + "'" : std::to_string(index_), *holder_.operator->()};
}

bool value::reference::replace(value_view item) const noexcept {
  const value_view* const place = key_ ? holder_->find(*key_) : &holder_->as_items()[index_];
  if (place == nullptr) return false;
  const_cast<value_view&>(*place) = item;
  count_use(item);
  return true;
}

PICKLED_END_NAMESPACE
