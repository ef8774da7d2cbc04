// SPDX-License-Identifier: BSL-1.0

#include "server/types/array_object.hpp"

#include "frozen/thaw.hpp"
#include "pickle/value/utf8.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/type_name.hpp"
#include "python/array.hpp"
#include "python/behaviour.hpp"
#include "server/registry.hpp"
#include "server/types/slots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

constexpr std::string_view not_an_index = "array indices must be integers";

// Room for an item of any type.
using item_bytes = std::array<std::byte, sizeof(std::uint64_t)>;

// Nothing where the value is no array.
std::optional<std::string_view> typecode_of(value_view v) {
  if (face_of(v).behaves != behaviour::array) return std::nullopt;
  return array_typecode(v.as_instance());
}

template <class Items>
std::vector<std::byte> stored(const item_type& type, const Items& items) {
  std::vector<std::byte> content(items.size() * type.size());
  std::byte* out = content.data();
  for (const auto& item : items) {
    type.store(item, out);
    out += type.size();
  }
  return content;
}

std::vector<std::byte> stored_characters(std::string_view text) {
  std::vector<std::byte> content;
  content.reserve(text.size() * sizeof(char32_t));
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    const auto bytes = std::as_bytes(std::span(&c, 1));
    content.insert(content.end(), bytes.begin(), bytes.end());
  }
  return content;
}

char typecode_argument(const frozen& f) {
  const auto text = f.as_str();
  if (text && text->size() == 1) return text->front();
  const value v = thaw(f);
  throw python_error(
      "TypeError",
      fmt::format("array() argument 1 must be a unicode character, not {}", type_name(v)));
}

// The initial items, as array.array() takes them.
std::vector<std::byte> initial_content(char typecode, const frozen& initial) {
  const bool unicode = typecode == 'u' || typecode == 'w';
  const value v = thaw(initial);
  const face plain = face_of(v);
  if (plain.behaves == behaviour::str && !unicode) {
    throw python_error(
        "TypeError",
        fmt::format("cannot use a str to initialize an array with typecode '{}'", typecode));
  }
  const auto other = typecode_of(v);
  if (other && (*other == "u" || *other == "w") && !unicode) {
    throw python_error(
        "TypeError",
        fmt::format("cannot use a unicode array to initialize an array with typecode '{}'",
                    typecode));
  }
  if (plain.behaves == behaviour::str) return stored_characters(plain.value.as_str());
  if (plain.behaves == behaviour::bytes) {
    const bytes_view content = plain.value.as_bytes();
    if (content.size() % item_type(typecode).size() != 0) {
      throw python_error("ValueError", "bytes length not a multiple of item size");
    }
    return {content.begin(), content.end()};
  }
  // That it cannot be iterated is said before that the typecode is wrong.
  const std::vector<frozen> items = items_of(initial);
  return stored(item_type(typecode), items);
}

}  // namespace

array_object::array_object(item_type type, std::vector<std::byte> content)
    : type_(type), content_(std::move(content)) {
  resized();
}

void array_object::resized() noexcept {
  memory_.set(content_.size());
  weight_.store(content_.size(), std::memory_order_relaxed);
  changed();
}

std::span<const method_entry> array_object::table() noexcept {
  static constexpr method_entry methods[] = {
      {"__len__", method<&array_object::len>, needs::little},
      {"__getitem__", method<&array_object::getitem>, needs::slices},
      {"__setitem__", method<&array_object::setitem>, needs::memory | needs::slices},
  };
  return methods;
}

// array('i', [1, 2]), array('u', 'ab'), array('i').
std::string array_object::repr(std::size_t limit) const {
  const std::vector<frozen> all = *items();
  if (all.empty()) return fmt::format("array('{}')", type_.typecode());
  if (!type_.is_unicode()) {
    return fmt::format("array('{}', {})", type_.typecode(), repr_sequence("[", all, "]", limit));
  }
  std::string text;
  for (std::size_t i = 0; i < all.size() && text.size() < limit; ++i)
    text += *all[i].as_str();
  return fmt::format("array('{}', {})", type_.typecode(), repr_of(frozen::str(text), limit));
}

void array_object::write_value(splicer& out) const {
  write(out, snapshot());
}

std::size_t array_object::weight() const noexcept {
  return weight_.load(std::memory_order_relaxed);
}

std::optional<std::vector<frozen>> array_object::items() const {
  const std::vector<std::byte> content = snapshot();
  std::vector<frozen> result;
  result.reserve(content.size() / type_.size());
  for (std::size_t i = 0; i < content.size(); i += type_.size()) {
    result.push_back(type_.load(content.data() + i));
  }
  return result;
}

std::vector<std::byte> array_object::snapshot() const {
  return long_step([this] { return content_; });
}

// array(typecode, bytes), as multiprocessing's own reducer writes it.
void array_object::write(splicer& out, bytes_view content) const {
  const char typecode = type_.typecode();
  out.global("array", "array").begin_tuple();
  out.str({&typecode, 1}).bytes(content).end_tuple().reduce();
}

void array_object::len(call& c) {
  c.args.take_slot("__len__", 0);
  c.reply.integer(static_cast<std::int64_t>(size()));
}

void array_object::getitem(call& c) {
  const subscript where(c.args.take_slot("__getitem__", 1).front(), not_an_index);
  if (!where.is_slice()) {
    const item_bytes bytes = step([&] {
      item_bytes copy{};
      std::memcpy(copy.data(), item(where.index(size(), "array index out of range")), type_.size());
      return copy;
    });
    c.reply.frozen(type_.load(bytes.data()));
    return;
  }
  const std::vector<std::byte> part = long_step([&] {
    const slice_range places = where.range(size());
    std::vector<std::byte> copies(places.count * type_.size());
    for (std::size_t i = 0; i < places.count; ++i)
      std::memcpy(copies.data() + i * type_.size(), item(places.place(i)), type_.size());
    return copies;
  });
  write(c.reply, part);
}

void array_object::setitem(call& c) {
  const auto given = c.args.take_unnamed_slot("__setitem__", 2);
  const subscript where(given[0], not_an_index);
  if (where.is_slice()) return set_slice(where, given[1]);
  // A wrong index is reported before a wrong item.
  const auto place = [&] { return where.index(size(), "array assignment index out of range"); };
  step(place);
  item_bytes stored_item;
  type_.store(given[1], stored_item.data());
  step([&] {
    std::memcpy(item(place()), stored_item.data(), type_.size());
    changed();
  });
}

// The content of another array, which must be of the same typecode.
std::vector<std::byte> array_object::array_argument(const frozen& argument) const {
  const auto wrong_typecode = [] {
    throw python_error("TypeError", "bad argument type for built-in operation");
  };
  const auto proxied = hosted_argument(argument);
  if (const auto* other = dynamic_cast<array_object*>(proxied.get())) {
    if (other->type_.typecode() != type_.typecode()) wrong_typecode();
    return other->snapshot();
  }
  const value v = thaw(argument);
  const auto typecode = typecode_of(v);
  const char code = type_.typecode();
  if (!typecode) {
    throw python_error("TypeError", fmt::format("can only assign array (not \"{}\") to array slice",
                                                type_name(v)));
  }
  if (*typecode != std::string_view(&code, 1)) wrong_typecode();
  arena where;
  return stored(type_, array_items(v->as_instance(), where));
}

void array_object::set_slice(const subscript& where, const frozen& value) {
  const std::vector<std::byte> items = array_argument(value);
  long_step([&] { assign(where, items); });
}

void array_object::assign(const subscript& where, bytes_view items) {
  const std::size_t count = items.size() / type_.size();
  const slice_range places = where.range(size());
  if (places.step == 1) {
    return replace(static_cast<std::size_t>(places.start), places.count, items);
  }
  // array.array, unlike list, takes an empty array for a deletion.
  if (count == 0) return delete_places(places);
  if (count != places.count) {
    throw python_error(
        "ValueError", fmt::format("attempt to assign array of size {} to extended slice of size {}",
                                  count, places.count));
  }
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(item(places.place(i)), items.data() + i * type_.size(), type_.size());
  }
  changed();
}

void array_object::replace(std::size_t at, std::size_t count, bytes_view items) {
  const auto first = content_.begin() + static_cast<std::ptrdiff_t>(at * type_.size());
  const auto last = first + static_cast<std::ptrdiff_t>(count * type_.size());
  content_.insert(content_.erase(first, last), items.begin(), items.end());
  resized();
}

void array_object::delete_places(const slice_range& places) {
  std::vector<bool> deleted(size());
  for (std::size_t i = 0; i < places.count; ++i)
    deleted[places.place(i)] = true;
  std::vector<std::byte> kept;
  for (std::size_t i = 0; i < deleted.size(); ++i) {
    if (!deleted[i]) kept.insert(kept.end(), item(i), item(i) + type_.size());
  }
  content_ = std::move(kept);
  resized();
}

std::shared_ptr<hosted> make_array(arguments& args) {
  const auto [typecode, sequence, lock] =
      args.bind("Array", std::array<std::string_view, 3>{"typecode", "sequence", "lock"}, 2);
  const char code = typecode_argument(*typecode);
  std::vector<std::byte> content = initial_content(code, *sequence);
  return std::make_shared<array_object>(item_type(code), std::move(content));
}

void host_array(registry& types, iterators) {
  types.host<array_object>("Array", make_array, "ArrayProxy",
                           {{"multiprocessing.managers", "Array"}});
}

}  // namespace pickled::inline v0::detail
