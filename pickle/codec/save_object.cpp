// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/compat_names.hpp"
#include "pickle/codec/pickling.hpp"
#include "pickle/value/utf8.hpp"

#include <algorithm>
#include <string>

namespace pickled::inline v0::detail {

namespace {

constexpr global_name getattr_function{"builtins", "getattr"};

}  // namespace

void pickling::open_arguments() {
  out_.boundary();
  if (protocol_ < 2) out_.write(opcode::mark);
}

// Precondition: 1 to 3 arguments were written.
void pickling::close_arguments(std::size_t count) {
  if (protocol_ < 2) {
    out_.write(opcode::tuple);
  } else {
    out_.write(count == 1 ? opcode::tuple1 : count == 2 ? opcode::tuple2 : opcode::tuple3);
  }
  memoise_unnamed();
}

void pickling::save_interned(std::string_view utf8) {
  out_.boundary();
  // CPython has several objects for some names, which it tells apart.
  const void* identity = utf8.data();
  if (!options_.like_cpython) identity = interned_.try_emplace(utf8, identity).first->second;
  if (fetch(identity)) return;
  save_text(utf8);
  memoise(identity);
}

void pickling::save_extension(std::int32_t code) {
  opaque_equality_ = true;
  if (protocol_ < 2) throw pickling_error("extension codes need protocol 2");
  if (code <= 0xff) {
    out_.write(opcode::ext1, static_cast<std::uint8_t>(code));
  } else if (code <= 0xffff) {
    out_.write(opcode::ext2, static_cast<std::uint16_t>(code));
  } else {
    out_.write(opcode::ext4, code);
  }
}

// One for all objects of a name, `first` if it is the first of them.
const void* pickling::identity_of(const global_name& name, const void* first) {
  const auto known = globals_.try_emplace({name.module, name.name}, first).first;
  if (known->second == nullptr) known->second = &*known;
  return known->second;
}

void pickling::save_global(global_name name, const void* identity) {
  opaque_equality_ = true;
  if (identity == nullptr || memo_.find(identity) == nullptr)
    identity = identity_of(name, identity);
  if (fetch(identity)) return;
  if (options_.extension && protocol_ >= 2) {
    if (const std::int32_t code = options_.extension(name); code != 0) return save_extension(code);
  }
  if (decide_ != nullptr) {
    save_text(name.module);
    save_text(name.name);
    out_.write(opcode::stack_global);
  } else if (protocol_ >= 4) {
    save_interned(name.module);
    save_interned(name.name);
    out_.write(opcode::stack_global);
  } else if (name.name.find('.') == std::string_view::npos) {
    write_names(opcode::global, name);
  } else {
    save_dotted_global(name);
  }
  memoise(identity);
}

// GLOBAL and INST: the names are lines of text, below protocol 3 those of Python 2.
void pickling::write_names(opcode code, global_name name) {
  if (protocol_ < 3) {
    if (options_.fix_imports) name = python2_name(name);
    if (!is_ascii(name.module) || !is_ascii(name.name)) {
      throw pickling_error("a name that is not ASCII needs protocol 3");
    }
  } else if (has_surrogates(name.module) || has_surrogates(name.name)) {
    throw pickling_error("a name with surrogates needs protocol 4");
  }
  for (const std::string_view part : {name.module, name.name}) {
    if (part.empty() || part.find('\n') != std::string_view::npos) {
      throw pickling_error("a name that is no line of text needs protocol 4");
    }
  }
  out_.write_line(code, name.module);
  out_.append_line(name.name);
}

// Outer.Middle.Inner is getattr(getattr(Outer, 'Middle'), 'Inner'). What lies around is an object
// that may be fetched, but not for CPython since 3.13, which writes it anew for each.
void pickling::save_dotted_global(global_name name) {
  const bool anew = options_.like_cpython && options_.cpython_minor >= 13;
  std::string_view outer = name.name;
  bool fetched = false;
  do {
    save_global(getattr_function, &getattr_function);
    open_arguments();
    outer = outer.substr(0, outer.rfind('.'));
    fetched = !anew && fetch(identity_of({name.module, outer}, nullptr));
  } while (!fetched && outer.find('.') != std::string_view::npos);
  if (anew) {
    write_names(opcode::global, {name.module, outer});
  } else if (!fetched) {
    save_global({name.module, outer}, nullptr);
  }
  while (outer.size() != name.name.size()) {
    const std::size_t begin = outer.size() + 1;
    const std::size_t end = std::min(name.name.find('.', begin), name.name.size());
    save_attribute_name(name.name.substr(begin, end - begin));
    out_.write(protocol_ < 2 ? opcode::tuple : opcode::tuple2);
    if (!anew) memoise_unnamed();
    out_.write(opcode::reduce);
    outer = name.name.substr(0, end);
    const bool around = end != name.name.size();
    if (around && !anew) memoise(identity_of({name.module, outer}, nullptr));
  }
}

// A part of a dotted name: of CPython's a new str each time, unless it has one object for all.
void pickling::save_attribute_name(std::string_view part) {
  if (!options_.like_cpython) {
    // Read back, an empty str has no identity by which it could be fetched.
    return part.empty() ? save_text(part) : save_interned(part);
  }
  const auto name = value_view::characters(kind::str, part.data(), part.size());
  const void* const identity = identity_of(name);
  if (identity != name.identity() && fetch(identity)) return;
  save_text(part);
  memoise(identity != name.identity() ? identity : nullptr);
}

bool pickling::begin_persistent(value_view id) {
  if (decide_ != nullptr) {
    throw pickling_error("a value with persistent ids cannot be frozen");
  }
  if (protocol_ > 0) {
    persistent_ids_.push_front(id);
    path_.push_back({value_view::items(kind::persistent, &persistent_ids_.front(), 1, 1)});
    return false;
  }
  // The line holds str(id), which the reader gets as a str.
  const bool is_text = id.is(kind::str);
  if (!is_text && !id.is(kind::integer)) {
    throw pickling_error("a persistent id of protocol 0 is a str or an int");
  }
  const std::string line = is_text ? std::string(id.as_str()) : std::to_string(id.as_integer());
  if (!is_ascii(line) || line.find('\n') != std::string::npos) {
    throw pickling_error("a persistent id of protocol 0 is a line of ASCII");
  }
  out_.write_line(opcode::persid, line);
  return true;
}

void pickling::step_persistent(open_container& f) {
  if (f.next++ == 0 && !save_kind(f.v.as_persistent_id())) return;
  out_.write(opcode::binpersid);
  end();
}

}  // namespace pickled::inline v0::detail
