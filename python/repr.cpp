// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/repr.hpp"

#include "pickle/value/utf8.hpp"
#include "pickled/value/proxy_reference.hpp"
#include "python/names.hpp"
#include "python/numpy_scalar.hpp"
#include "python/repr_writer.hpp"
#include "python/text.hpp"
#include "python/value_classes.hpp"

#include <fmt/format.h>

#include <iterator>
#include <ostream>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

// Of what behaves as a set or as bytes: what it was made by.
bool is_made_by(value_view v, std::string_view name) {
  return v.is(kind::instance) && v.as_instance().how == instance_node::construction::reduce &&
         v.as_instance().callable.as_global().name == name;
}

std::string text_of_global(const global_name& name) {
  switch (sort_of(name)) {
    case global_sort::constant: return std::string(name.name);
    case global_sort::builtin_function: return fmt::format("<built-in function {}>", name.name);
    case global_sort::type: break;
  }
  if (name.module == "builtins") return fmt::format("<class '{}'>", name.name);
  return fmt::format("<class '{}.{}'>", name.module, name.name);
}

}  // namespace

std::string repr_writer::write(value_view v) && {
  write_value(v);
  while (!stack_.empty() && out_.size() < limit_)
    step();
  if (out_.size() > limit_) {
    // Not within a character of several bytes.
    std::size_t size = limit_;
    while (size != 0 && is_continuation(out_[size]))
      --size;
    out_.resize(size);
  }
  return std::move(out_);
}

void repr_writer::step() {
  frame& top = stack_.back();
  const bool items = top.style == frame::style::items;
  if (top.next == (items ? top.items.size() : 2 * top.entries.size())) {
    out_ += top.close;
    open_.erase(top.node);
    stack_.pop_back();
    return;
  }
  const std::size_t part = top.next++;
  if (items) {
    if (part != 0) out_ += ", ";
    return write_value(top.items[part]);
  }
  const dict_entry& entry = top.entries[part / 2];
  if (part % 2 != 0) {
    out_ += top.style == frame::style::pairs ? ": " : "=";
    return write_value(entry.value);
  }
  if (part != 0) out_ += ", ";
  if (top.style == frame::style::pairs) return write_value(entry.key);
  out_ += entry.key.as_str();
}

void repr_writer::write_value(value_view v) {
  if (v.is(kind::instance)) {
    if (const auto scalar = read_numpy_scalar(v.as_instance())) {
      out_ += repr(*scalar, limit_);
      return;
    }
  }
  const face f = face_of(v);
  // An Enum member's text is not its value's.
  if (v.is(kind::instance) && value_of_member(v.as_instance())) return write_other(v);
  switch (f.behaves) {
    case behaviour::tuple:
      // A named tuple's text has the names of its fields, which only its class knows.
      if (v.is(kind::instance) && f.value.identity() == v.as_instance().args.identity()) {
        return write_other(v);
      }
      return write_sequence(f);
    case behaviour::list: return write_sequence(f);
    case behaviour::type_union: return write_other(v);
    case behaviour::set: return write_set(f, v.is(kind::frozenset) || is_made_by(v, "frozenset"));
    case behaviour::dict:
      if (v.is(kind::instance) && is_frozendict(v.as_instance())) return write_frozendict(f);
      return write_dict(f, "{...}", "}");
    default: break;
  }
  if (f.value.is(kind::instance)) return write_instance(f);
  if (f.behaves != behaviour::bytes) return write_leaf(f.value);
  if (v.is(kind::bytearray) || is_made_by(v, "bytearray")) {
    append_bytearray(f.value.as_bytes(), limit_, out_);
  } else {
    append_bytes(f.value.as_bytes(), limit_, out_);
  }
}

void repr_writer::write_leaf(value_view v) {
  switch (v.kind()) {
    case kind::none: out_ += "None"; return;
    case kind::boolean: out_ += v.as_bool() ? "True" : "False"; return;
    case kind::integer: fmt::format_to(std::back_inserter(out_), "{}", v.as_integer()); return;
    case kind::big_integer: out_ += to_text(integer_bytes(v.as_bytes())); return;
    case kind::real: append_real(v.as_real(), false, out_); return;
    case kind::complex: append_complex(v.as_complex(), out_); return;
    case kind::str: append_str(v.as_str(), limit_, out_); return;
    case kind::global: out_ += text_of_global(v.as_global()); return;
    case kind::extension:
      fmt::format_to(std::back_inserter(out_), "<extension {}>", v.as_extension());
      return;
    case kind::persistent:
      out_ += "<persistent ";
      return push_made(v.identity(), {v.as_persistent_id()}, ">");
    case kind::buffer: out_ += "<memory"; return write_address(&v.as_buffer());
    case kind::proxy: return write_proxy(v.as_proxy());
    default: return;
  }
}

// BaseProxy.__repr__.
void repr_writer::write_proxy(const proxy_reference& proxy) {
  fmt::format_to(std::back_inserter(out_), "<{} object, typeid ", proxy.proxytype);
  append_str(proxy.type_id, limit_, out_);
  write_address(&proxy);
}

// Python prints where the object is; here stands a number that tells objects of one text apart.
void repr_writer::write_address(const void* node) {
  const std::size_t index = addresses_.try_emplace(node, addresses_.size()).first->second;
  fmt::format_to(std::back_inserter(out_), " at {:#x}>", 0x7f0000000010 + 16 * index);
}

void repr_writer::write_sequence(const face& f) {
  const bool tuple = f.behaves == behaviour::tuple;
  const void* node =
      f.value.is(kind::instance) || f.value.size() != 0 ? f.value.identity() : nullptr;
  if (repeats(node, tuple ? "(...)" : "[...]")) return;
  const auto items = comparison_.items(f);
  out_ += tuple ? '(' : '[';
  push_items(node, items, tuple ? (items.size() == 1 ? ",)" : ")") : "]");
}

void repr_writer::write_set(const face& f, bool frozen) {
  if (f.value.size() == 0) {
    out_ += frozen ? "frozenset()" : "set()";
    return;
  }
  const void* node = f.value.identity();
  if (repeats(node, frozen ? "frozenset(...)" : "set(...)")) return;
  std::vector<value_view> items;
  for (const dict_entry& entry : comparison_.entries(f))
    items.push_back(entry.key);
  out_ += frozen ? "frozenset({" : "{";
  push_made(node, std::move(items), frozen ? "})" : "}");
}

// `close` ends the dict and what stands around it.
void repr_writer::write_dict(const face& f, std::string_view repeated, std::string_view close) {
  const void* node = f.value.identity();
  if (repeats(node, repeated)) {
    out_ += close.substr(1);
    return;
  }
  out_ += '{';
  push_entries(node, comparison_.entries(f), close);
}

void repr_writer::write_frozendict(const face& f) {
  out_ += "frozendict(";
  if (f.value.size() != 0) return write_dict(f, "{...}", "})");
  out_ += ')';
}

bool repr_writer::repeats(const void* node, std::string_view text) {
  if (node == nullptr || !open_.contains(node)) return false;
  out_ += text;
  return true;
}

void repr_writer::push_items(const void* node, std::span<const value_view> items,
                             std::string_view close) {
  push({node, frame::style::items, std::string(close), {}, items, {}, {}});
}

void repr_writer::push_made(const void* node, std::vector<value_view> items,
                            std::string_view close) {
  // A vector keeps its elements where they are when it is moved.
  const std::span<const value_view> span = items;
  push({node, frame::style::items, std::string(close), std::move(items), span, {}, {}});
}

void repr_writer::push_entries(const void* node, std::span<const dict_entry> entries,
                               std::string_view close) {
  push({node, frame::style::pairs, std::string(close), {}, {}, entries, {}});
}

void repr_writer::push(frame&& f) {
  if (f.node != nullptr) open_.insert(f.node);
  stack_.push_back(std::move(f));
}

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

std::string repr(value_argument v, std::size_t limit) {
  return detail::repr_writer(limit).write(v);
}

std::string repr(std::string_view str) {
  std::string out;
  detail::append_str(str, std::numeric_limits<std::size_t>::max(), out);
  return out;
}

std::string repr_bytes(bytes_view bytes) {
  std::string out;
  detail::append_bytes(bytes, std::numeric_limits<std::size_t>::max(), out);
  return out;
}

std::string repr(double number) {
  std::string out;
  detail::append_real(number, false, out);
  return out;
}

std::ostream& operator<<(std::ostream& out, value_argument v) {
  return out << repr(v);
}

PICKLED_END_NAMESPACE
