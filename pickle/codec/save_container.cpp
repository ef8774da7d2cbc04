// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/batch.hpp"
#include "pickle/codec/pickling.hpp"
#include "pickle/codec/scalar.hpp"

#include <algorithm>
#include <cmath>

namespace pickled::inline v0::detail {

namespace {

constexpr global_name set_class{"builtins", "set"};
constexpr global_name frozenset_class{"builtins", "frozenset"};

}  // namespace

// Protocol 0 has no opcodes for an empty list, dict or tuple: it writes MARK LIST and the like.
void pickling::open_empty(opcode from_protocol_1, opcode from_protocol_0) {
  if (protocol_ >= 1) return out_.write(from_protocol_1);
  out_.write(opcode::mark);
  out_.write(from_protocol_0);
}

bool pickling::begin_list(value_view v) {
  const bool is_tracked = tracked(v);
  if (is_tracked && fetch(v.identity())) return true;
  open_empty(opcode::empty_list, opcode::list);
  if (!v.as_items().empty()) return begin_to_fill(v, is_tracked);
  memoise(v, is_tracked);
  return true;
}

bool pickling::begin_dict(value_view v) {
  const bool is_tracked = tracked(v);
  if (is_tracked && fetch(v.identity())) return true;
  open_empty(opcode::empty_dict, opcode::dict);
  if (!v.as_entries().empty()) return begin_to_fill(v, is_tracked);
  memoise(v, is_tracked);
  return true;
}

// Sets have opcodes from protocol 4 on. Before that they are calls with a list.
bool pickling::begin_set(value_view v) {
  if (fetch(v)) return true;
  if (protocol_ >= 4) {
    out_.write(opcode::empty_set);
    if (!v.as_items().empty()) return begin_to_fill(v, tracked(v));
    memoise(v);
    return true;
  }
  begin(v);
  save_global(set_class, &set_class);
  open_arguments();
  open_empty(opcode::empty_list, opcode::list);
  memoise_unnamed();
  return false;
}

bool pickling::begin_frozenset(value_view v) {
  if (fetch(v)) return true;
  begin(v);
  if (protocol_ >= 4) {
    out_.write(opcode::mark);
    return false;
  }
  save_global(frozenset_class, &frozenset_class);
  open_arguments();
  open_empty(opcode::empty_list, opcode::list);
  memoise_unnamed();
  return false;
}

bool pickling::begin_tuple(value_view v) {
  const std::size_t size = v.as_items().size();
  if (size == 0) {
    open_empty(opcode::empty_tuple, opcode::tuple);
    return true;
  }
  if (fetch(v)) return true;
  begin(v);
  if (protocol_ < 2 || size > 3) out_.write(opcode::mark);
  return false;
}

void pickling::step_tuple(open_container& f) {
  const std::span<const value_view> items = f.v.as_items();
  while (f.next < items.size()) {
    const std::span<const value_view> rest = items.subspan(f.next);
    f.next += save_numbers(rest, std::min(rest.size(), batch_size));
    if (f.next != items.size() && !save(items[f.next++])) return;
  }
  const value_view v = f.v;
  end();
  finish_tuple(v);
}

void pickling::finish_tuple(value_view v) {
  const std::size_t size = v.as_items().size();
  const bool is_tuple = v.is(kind::tuple);
  const bool marked = !is_tuple || protocol_ < 2 || size > 3;
  if (replace_by_get(v, size, marked)) return;
  if (!is_tuple) {
    out_.write(opcode::frozenset);
  } else if (marked) {
    out_.write(opcode::tuple);
  } else {
    out_.write(size == 1 ? opcode::tuple1 : size == 2 ? opcode::tuple2 : opcode::tuple3);
  }
  memoise(v);
}

void pickling::open_batch(open_container& f, std::size_t size) {
  f.batch_begin = f.batch_end;
  f.batch_end = std::min(size, f.batch_begin + (protocol_ == 0 ? 1 : batch_size));
}

// ADDITEMS needs one before a single item, too; protocol 0 never has one. CPython before 3.15
// writes one before a single item that batches precede, and to write the same costs others little.
bool pickling::is_marked(const open_container& f, std::size_t size, opcode many) const noexcept {
  if (many == opcode::additems) return true;
  if (protocol_ == 0) return false;
  return options_.cpython_minor < 15 ? size > 1 : f.batch_end - f.batch_begin > 1;
}

void pickling::close_batch(const open_container& f, std::size_t size, opcode one, opcode many) {
  if (!is_marked(f, size, many)) return out_.write(one);
  out_.write(many);
  // Before 3.15, CPython asks for more items after each full batch of a dict or set, even where
  // none are left.
  const bool full = f.batch_end - f.batch_begin == batch_size && f.batch_end == size;
  if (full && options_.like_cpython && options_.cpython_minor < 15 && many != opcode::appends) {
    out_.write(opcode::mark);
    out_.write(many);
  }
}

// Writes the ints and floats that `items`, the rest of a list or tuple, begin with, but no more
// than `most`, and none beyond the end of a frame. Returns how many that were. Room is made for all
// of it, which costs nothing until it is used.
std::size_t pickling::save_numbers(std::span<const value_view> items, std::size_t most) {
  const auto is_number = [](value_view v) { return v.is(kind::integer) || v.is(kind::real); };
  if (!numbers_stand_alone_ || !is_number(items[0])) return 0;
  const std::size_t room = out_.until_boundary();
  std::byte* const begin = out_.prepare((out_.in_pieces() ? most : items.size()) * longest_integer);
  std::byte* out = begin;
  std::size_t count = 0;
  while (count != most && is_number(items[count]) && static_cast<std::size_t>(out - begin) < room) {
    const value_view v = items[count++];
    if (v.is(kind::real)) {
      opaque_equality_ |= std::isnan(v.as_real());
      out += write_real(out, v.as_real());
    } else {
      out += write_integer(out, v.as_integer());
    }
  }
  out_.commit(static_cast<std::size_t>(out - begin));
  return count;
}

void pickling::step_list(open_container& f) {
  const std::span<const value_view> items = f.v.as_items();
  const bool adds = f.v.is(kind::set) && protocol_ >= 4;
  const opcode one = adds ? opcode::additems : opcode::append;
  const opcode many = adds ? opcode::additems : opcode::appends;
  for (;;) {
    if (f.next == f.batch_end) {
      if (f.next != 0) close_batch(f, items.size(), one, many);
      if (f.next == items.size()) break;
      open_batch(f, items.size());
      if (is_marked(f, items.size(), many)) out_.write(opcode::mark);
    }
    f.next += save_numbers(items.subspan(f.next), f.batch_end - f.next);
    if (f.next != f.batch_end && !save(items[f.next++])) return;
  }
  const value_view v = f.v;
  end();
  if (!v.is(kind::list) && protocol_ < 4) finish_list(v);
}

// The list is the argument of set or frozenset.
void pickling::finish_list(value_view v) {
  close_arguments(1);
  out_.write(opcode::reduce);
  if (!replace_by_get(v, 1, false)) memoise(v);
}

void pickling::step_dict(open_container& f) {
  const std::span<const dict_entry> entries = f.v.as_entries();
  for (;;) {
    const std::size_t i = f.next / 2;
    if (f.next % 2 != 0) {
      ++f.next;
      if (!save(entries[i].value)) return;
      continue;
    }
    if (i == f.batch_end) {
      if (i != 0) close_batch(f, entries.size(), opcode::setitem, opcode::setitems);
      if (i == entries.size()) break;
      open_batch(f, entries.size());
      if (is_marked(f, entries.size(), opcode::setitems)) out_.write(opcode::mark);
    }
    ++f.next;
    if (!save(entries[i].key)) return;
  }
  end();
}

}  // namespace pickled::inline v0::detail
