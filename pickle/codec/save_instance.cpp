// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/batch.hpp"
#include "pickle/codec/native_call.hpp"
#include "pickle/codec/pickling.hpp"

#include <algorithm>

namespace pickled::inline v0::detail {

namespace {

using construction = instance_node::construction;
using action = enum instance_node::change::action;

// How a construction is written: by an opcode of its own, or, where the protocol has none, as the
// call of a function that does the same.
enum class call_form {
  direct,        // callable, argument tuple
  with_kwargs,   // callable, argument tuple, keyword dict
  spread,        // MARK, callable, the arguments one by one
  spread_named,  // the same for INST, which has the callable in its operand
};

call_form form_of(const instance_node& node, int protocol) noexcept {
  switch (node.how) {
    case construction::reduce: return call_form::direct;
    case construction::newobj: return protocol >= 2 ? call_form::direct : call_form::spread;
    case construction::newobj_ex: return call_form::with_kwargs;
    case construction::inst: break;
  }
  const bool named = node.callable.is(kind::global) &&
                     node.callable.as_global().name.find('.') == std::string_view::npos;
  return protocol == 0 && named ? call_form::spread_named : call_form::spread;
}

std::size_t part_count(const instance_node& node, call_form form) noexcept {
  switch (form) {
    case call_form::direct: return 2;
    case call_form::with_kwargs: return 3;
    case call_form::spread: return 1 + node.args.as_items().size();
    case call_form::spread_named: break;
  }
  return node.args.as_items().size();
}

value_view part_at(const instance_node& node, call_form form, std::size_t i) noexcept {
  if (form == call_form::spread_named) return node.args.as_items()[i];
  if (i == 0) return node.callable;
  if (form == call_form::spread) return node.args.as_items()[i - 1];
  return i == 1 ? node.args : node.kwargs;
}

}  // namespace

bool pickling::begin_instance(value_view v) {
  opaque_equality_ = true;
  if (fetch(v)) return true;
  begin(v);
  const instance_node& node = v.as_instance();
  if (node.how == construction::inst) out_.write(opcode::mark);
  if (node.how == construction::newobj && protocol_ < 2) {
    save_global(newobj_function, &newobj_function);
    open_arguments();
  }
  if (node.how == construction::newobj_ex && protocol_ < 4) {
    save_global(newobj_ex_function, &newobj_ex_function);
    open_arguments();
  }
  return false;
}

void pickling::step_instance(open_container& f) {
  if (f.position != 0) return step_changes(f);
  const instance_node& node = f.v.as_instance();
  const call_form form = form_of(node, protocol_);
  const std::size_t parts = part_count(node, form);
  while (f.next < parts) {
    if (!save(part_at(node, form, f.next++))) return;
  }
  finish_construction(node);
  if (replace_by_get(f.v, 1, false)) return end();
  f.number = memo_size_;
  memoise(f.v);
  f.position = out_.size();
  f.next = 0;
  step_changes(f);
}

void pickling::finish_construction(const instance_node& node) {
  switch (node.how) {
    case construction::reduce: return out_.write(opcode::reduce);
    case construction::newobj:
      if (protocol_ >= 2) return out_.write(opcode::newobj);
      out_.write(opcode::tuple);
      memoise_unnamed();
      return out_.write(opcode::reduce);
    case construction::newobj_ex:
      if (protocol_ >= 4) return out_.write(opcode::newobj_ex);
      close_arguments(3);
      return out_.write(opcode::reduce);
    case construction::inst:
      if (form_of(node, protocol_) == call_form::spread) return out_.write(opcode::obj);
      return write_names(opcode::inst, node.callable.as_global());
  }
}

// Each change counts as three children, of which most have only the first.
void pickling::step_changes(open_container& f) {
  const std::span<const change> changes = f.v.as_instance().changes.view();
  for (;;) {
    const std::size_t i = f.next / 3;
    const std::size_t part = f.next % 3;
    if (part == 0 && i == f.batch_end) {
      if (i != 0) close_changes(f, changes);
      if (i == changes.size()) return end();
      open_changes(f, changes);
    }
    ++f.next;
    if (part < change_parts(changes[i]) && !save(change_part(changes[i], part))) return;
  }
}

// The call of a state setter is written part by part, since CPython's pickler memoises neither the
// call nor its arguments. It also does so where the protocol has no TUPLE2.
bool pickling::is_setter_call(const change& c) const noexcept {
  if (c.action != action::call || (protocol_ < 2 && !options_.like_cpython)) return false;
  const instance_node& call = c.first.as_instance();
  return call.how == construction::reduce && call.args.as_items().size() == 2 &&
         call.changes.size == 0 && !may_come_again(c.first);
}

std::size_t pickling::change_parts(const change& c) const noexcept {
  if (is_setter_call(c)) return 3;
  return c.action == action::setitem ? 2 : 1;
}

value_view pickling::change_part(const change& c, std::size_t part) const noexcept {
  if (!is_setter_call(c)) return part == 0 ? c.first : c.second;
  const instance_node& call = c.first.as_instance();
  return part == 0 ? call.callable : call.args.as_items()[part - 1];
}

// Equal changes in a row share one MARK, as CPython's pickler writes what an iterator yields.
void pickling::open_changes(open_container& f, std::span<const change> changes) {
  const action kind_of_change = changes[f.batch_end].action;
  f.batch_begin = f.batch_end;
  const bool one_by_one =
      protocol_ == 0 || kind_of_change == action::build || kind_of_change == action::call;
  const std::size_t most = std::min(changes.size(), f.batch_begin + (one_by_one ? 1 : batch_size));
  do {
    ++f.batch_end;
  } while (f.batch_end < most && changes[f.batch_end].action == kind_of_change);
  if (kind_of_change == action::additem && protocol_ < 4) {
    throw pickling_error("ADDITEMS needs protocol 4");
  }
  if (f.batch_end - f.batch_begin > 1 || kind_of_change == action::additem)
    out_.write(opcode::mark);
}

void pickling::close_changes(const open_container& f, std::span<const change> changes) {
  const bool one = f.batch_end - f.batch_begin == 1;
  switch (changes[f.batch_begin].action) {
    case action::build: return out_.write(opcode::build);
    case action::append: return out_.write(one ? opcode::append : opcode::appends);
    case action::setitem: return out_.write(one ? opcode::setitem : opcode::setitems);
    case action::additem: return out_.write(opcode::additems);
    case action::call:
      if (is_setter_call(changes[f.batch_begin])) {
        out_.write(opcode::tuple2);
        out_.write(opcode::reduce);
      }
      return out_.write(opcode::pop);
  }
}

}  // namespace pickled::inline v0::detail
