// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/shareable_list.hpp"

#include "pickled/process/reduction.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/value/as_call.hpp"
#include "pickled/value/attribute.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

namespace {

constexpr std::size_t word = 8;
constexpr global_name list_class{"multiprocessing.shared_memory", "ShareableList"};

enum code_of : std::int8_t { of_number, of_str, of_bytes, of_none };

std::int64_t read_word(std::span<const std::byte> from, std::size_t at) noexcept {
  std::int64_t number;
  std::memcpy(&number, from.data() + at, sizeof number);
  return number;
}

void write_word(std::span<std::byte> to, std::size_t at, std::int64_t number) noexcept {
  std::memcpy(to.data() + at, &number, sizeof number);
}

bool is_text(value_view item) noexcept {
  return item.is(kind::str) || item.is(kind::bytes);
}

bytes_view text_of(value_view item) noexcept {
  return item.is(kind::str) ? as_bytes(item.as_str()) : item.as_bytes();
}

// CPython counts characters; with more than one byte each, the end would be cut off.
std::size_t room_for(value_view item) noexcept {
  return is_text(item) ? (text_of(item).size() / word + 1) * word : word;
}

[[noreturn]] void throw_none() {
  throw python_error("ValueError", "this shared memory holds no ShareableList");
}

std::string format_of(value_view item, std::size_t room) {
  switch (item.kind()) {
    case kind::none: return "xxxxxx?x";
    case kind::boolean: return "xxxxxxx?";
    case kind::integer: return "q";
    case kind::real: return "d";
    case kind::str:
    case kind::bytes: return fmt::format("{}s", room);
    default:
      throw python_error("TypeError",
                         "an item of a ShareableList is None or a bool, an int of 64 bits, a "
                         "float, a str or bytes");
  }
}

std::byte code_for(value_view item) noexcept {
  if (item.is(kind::str)) return std::byte{of_str};
  if (item.is(kind::bytes)) return std::byte{of_bytes};
  return std::byte{static_cast<unsigned char>(item.is_none() ? of_none : of_number)};
}

}  // namespace

shareable_list shareable_list::create_of(std::span<const value_view> items, layout how,
                                         std::string name) {
  const std::size_t count = items.size();
  std::size_t total = 0;
  for (const value_view& item : items) {
    format_of(item, 0);
    total += room_for(item);
  }
  const std::size_t places = count + (how == layout::offsets ? 1 : 0);
  const auto shm =
      shared_memory::create((1 + places) * word + total + count * (word + 1), std::move(name));
  const auto memory = shm.buf();
  write_word(memory, 0, static_cast<std::int64_t>(count));
  std::size_t at = word;
  std::int64_t end = 0;
  if (how == layout::offsets) write_word(memory, at, 0), at += word;
  for (const value_view& item : items) {
    const auto room = static_cast<std::int64_t>(room_for(item));
    end += room;
    write_word(memory, at, how == layout::offsets ? end : room);
    at += word;
  }
  const shareable_list made(shm);
  for (std::size_t i = 0; i != count; ++i)
    made.set_value(i, items[i]);
  return made;
}

shareable_list::shareable_list(shared_memory with) : shm_(std::move(with)) {
  const auto memory = shm_.buf();
  if (memory.size() < word) throw_none();
  const auto told = static_cast<std::uint64_t>(read_word(memory, 0));
  if (told > memory.size() / word) throw_none();
  const auto count = static_cast<std::size_t>(told);
  // No slot is empty, so the first length is not 0; the first offset always is.
  const bool offsets = count == 0 || memory.size() < 2 * word || read_word(memory, word) == 0;
  data_ = (1 + count + (offsets ? 1 : 0)) * word;
  // The last word of a list without items is as good as none.
  if (count != 0 && data_ + count * (word + 1) > memory.size()) throw_none();
  const std::size_t most = count == 0 ? 0 : memory.size() - data_ - count * (word + 1);
  std::size_t end = 0;
  for (std::size_t i = 0; i != count; ++i) {
    const auto place =
        static_cast<std::uint64_t>(read_word(memory, (1 + i + (offsets ? 1 : 0)) * word));
    const std::uint64_t next = offsets ? place : end + place;
    if (next < end + word || next > most || place > most) throw_none();
    end = static_cast<std::size_t>(next);
    ends_.push_back(end);
  }
}

std::span<std::byte> shareable_list::slot(std::size_t index) const {
  if (index >= size()) throw python_error("IndexError", "index out of range");
  const std::size_t start = index == 0 ? 0 : ends_[index - 1];
  return shm_.buf().subspan(data_ + start, ends_[index] - start);
}

std::span<std::byte> shareable_list::format(std::size_t index) const {
  return shm_.buf().subspan(data_ + ends_.back() + index * word, word);
}

std::byte& shareable_list::code(std::size_t index) const {
  return shm_.buf()[data_ + ends_.back() + size() * word + index];
}

pickled::value shareable_list::get_value(std::size_t index) const {
  const auto place = slot(index);
  std::string_view how = as_text(format(index));
  how = how.substr(0, how.find('\0'));
  const auto what = static_cast<std::int8_t>(code(index));
  if (what == of_none) return {};
  if (how == "q") return pickled::value(value_view::integer(read_word(place, 0)), nullptr);
  if (how == "d") {
    double number;
    std::memcpy(&number, place.data(), sizeof number);
    return pickled::value(value_view::real(number), nullptr);
  }
  if (how == "xxxxxxx?")
    return pickled::value(value_view::boolean(place[word - 1] != std::byte{0}), nullptr);
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(how.data(), how.data() + how.size(), length);
  if (error != std::errc() || std::string_view(end, how.data() + how.size()) != "s" ||
      length > place.size() || (what != of_str && what != of_bytes))
    throw_none();
  std::string_view text = as_text(place.first(length));
  const std::size_t last = text.find_last_not_of('\0');
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  if (what == of_str) return pickled::to_value(text);
  return pickled::to_value(as_bytes(text));
}

void shareable_list::set_value(std::size_t index, value_view item) const {
  const auto place = slot(index);
  const std::string how = format_of(item, place.size());
  if (how.size() > word) throw python_error("ValueError", "the item is too long");
  if (is_text(item)) {
    const bytes_view text = text_of(item);
    if (text.size() > place.size())
      throw python_error("ValueError", "bytes/str item exceeds available storage");
    std::ranges::fill(place, std::byte{0});
    std::ranges::copy(text, place.begin());
  } else if (item.is(kind::integer)) {
    write_word(place, 0, item.as_integer());
  } else if (item.is(kind::real)) {
    const double number = item.as_real();
    std::memcpy(place.data(), &number, sizeof number);
  } else {
    std::ranges::fill(place.first(word), std::byte{0});
    if (item.is(kind::boolean)) place[word - 1] = std::byte{item.as_bool()};
  }
  const auto written = format(index);
  std::ranges::fill(written, std::byte{0});
  std::ranges::copy(as_bytes(how), written.begin());
  code(index) = code_for(item);
}

// functools.partial(ShareableList, name=...)(), where the partial is pickled as ForkingPickler
// does; Python's own pickler sets its state.
value_view to_value(const shareable_list& from, value_builder& b) {
  const dict_entry name{b.str("name"), b.str(from.shm().name())};
  const std::array partial{b.global(list_class.module, list_class.name), b.tuple({}),
                           b.dict({&name, 1})};
  const value_view callable =
      b.instance(instance_node::construction::reduce,
                 b.global("multiprocessing.reduction", "_rebuild_partial"), b.tuple(partial));
  return b.instance(instance_node::construction::reduce, callable, b.tuple({}));
}

void from_value(value_view v, shareable_list& to) {
  const value_view callable = v.is(kind::instance) ? v.as_instance().callable : value_view();
  value_view partial;
  if (const auto* call = as_call(callable, {"multiprocessing.reduction", "_rebuild_partial"}))
    partial = call->args;
  else if (as_call(callable, {"functools", "partial"}) != nullptr)
    partial = state_of(callable, {"functools", "partial"});
  if (!partial.is(kind::tuple) || partial.as_items().size() < 3 ||
      !is_global(partial.as_items()[0], list_class))
    throw conversion_error("multiprocessing.shared_memory.ShareableList", v);
  to = shareable_list::attach(item_of(partial.as_items()[2], "name").get<std::string>());
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
