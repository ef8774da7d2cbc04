// SPDX-License-Identifier: BSL-1.0

#include "pickle/codec/compat_names.hpp"
#include "pickle/codec/native_call.hpp"
#include "pickle/codec/unpickling.hpp"
#include "pickle/value/node.hpp"
#include "pickle/value/utf8.hpp"

#include <algorithm>
#include <new>
#include <optional>

namespace pickled::inline v0::detail {

namespace {

pickle_errc check_utf8(std::string_view line) {
  return is_utf8(line) && !has_surrogates(line) ? pickle_errc() : pickle_errc::bad_utf8;
}

pickle_errc check_ascii(std::string_view line) {
  return is_ascii(line) ? pickle_errc() : pickle_errc::bad_ascii;
}

}  // namespace

pickle_errc unpickling::push_global(global_name name) {
  if (protocol_ < 3 && options_.fix_imports) name = python3_name(name);
  if (options_.on_global) options_.on_global(name);
  auto* node = try_allocate_counted<global_name>(arena_, 1);
  if (node == nullptr) return pickle_errc::too_large;
  return push(value_view::node(kind::global, new (node) global_name(name)).as_counted());
}

pickle_errc unpickling::load_names(pickle_errc (*check)(std::string_view line)) {
  std::string_view module;
  std::string_view name;
  for (std::string_view* line : {&module, &name}) {
    if (const pickle_errc e = read_line(*line); e != done) return e;
    if (const pickle_errc e = check(*line); e != done) return e;
  }
  return push_global({build_.str(module).as_str(), build_.str(name).as_str()});
}

pickle_errc unpickling::load_global() {
  return load_names(check_utf8);
}

pickle_errc unpickling::load_stack_global() {
  if (stack_.reachable() < 2) return stack_.underflow();
  const value_view name = stack_.pop();
  const value_view module = stack_.pop();
  if (!name.is(kind::str) || !module.is(kind::str)) return pickle_errc::not_a_str;
  return push_global({module.as_str(), name.as_str()});
}

template <class Code>
pickle_errc unpickling::load_extension() {
  Code code;
  if (!in_.read(code)) return pickle_errc::truncated;
  if (code <= 0) return pickle_errc::bad_extension;
  if (!options_.extension) return push(value_view::extension(code));
  const std::optional<global_name> name = options_.extension(code);
  if (!name) return pickle_errc::unknown_extension;
  return push_global({build_.str(name->module).as_str(), build_.str(name->name).as_str()});
}
template pickle_errc unpickling::load_extension<std::uint8_t>();
template pickle_errc unpickling::load_extension<std::uint16_t>();
template pickle_errc unpickling::load_extension<std::int32_t>();

pickle_errc unpickling::push_instance(construction how, value_view callable, value_view args,
                                      value_view kwargs) {
  void* place = arena_.try_allocate(sizeof(instance_node), alignof(instance_node));
  if (place == nullptr) return pickle_errc::too_large;
  auto* node = new (place) instance_node;
  node->how = how;
  node->callable = callable;
  node->args = args;
  node->kwargs = kwargs;
  const unsigned depth = 1U + std::max({callable.depth(), args.depth(), kwargs.depth()});
  if (depth > options_.max_depth) return pickle_errc::too_deep;
  node->changes.depth = static_cast<std::uint16_t>(std::min<unsigned>(depth, value_view::deepest));
  return push(value_view::node(kind::instance, node));
}

pickle_errc unpickling::load_reduce() {
  if (stack_.reachable() < 2) return stack_.underflow();
  const value_view args = stack_.pop();
  const value_view callable = stack_.pop();
  if (!may_be_called(callable.kind())) return pickle_errc::not_callable;
  if (!args.is(kind::tuple)) return pickle_errc::args_not_a_tuple;
  call_end_ = in_.offset();
  if (const auto native = native_call(callable, args, build_)) {
    return native->depth() > options_.max_depth ? pickle_errc::too_deep : push(*native);
  }
  return push_instance(construction::reduce, callable, args);
}

pickle_errc unpickling::load_newobj() {
  if (stack_.reachable() < 2) return stack_.underflow();
  const value_view args = stack_.pop();
  const value_view callable = stack_.pop();
  if (!may_be_called(callable.kind())) return pickle_errc::not_a_class;
  if (!args.is(kind::tuple)) return pickle_errc::args_not_a_tuple;
  return push_instance(construction::newobj, callable, args);
}

pickle_errc unpickling::load_newobj_ex() {
  if (stack_.reachable() < 3) return stack_.underflow();
  const value_view kwargs = stack_.pop();
  const value_view args = stack_.pop();
  const value_view callable = stack_.pop();
  if (!may_be_called(callable.kind())) return pickle_errc::not_a_class;
  if (!args.is(kind::tuple) || !kwargs.is(kind::dict)) return pickle_errc::args_not_a_tuple;
  return push_instance(construction::newobj_ex, callable, args, kwargs);
}

pickle_errc unpickling::load_inst() {
  if (const pickle_errc e = load_tuple(); e != done) return e;
  const value_view args = stack_.pop();
  if (const pickle_errc e = load_names(check_ascii); e != done) return e;
  const value_view callable = stack_.pop();
  return push_instance(construction::inst, callable, args);
}

pickle_errc unpickling::load_obj() {
  std::size_t count = 0;
  if (!stack_.pop_mark(count)) return pickle_errc::mark_not_found;
  if (count == 0) return stack_.underflow();
  if (const pickle_errc e = finish(kind::tuple, count - 1); e != done) return e;
  const value_view args = stack_.pop();
  const value_view callable = stack_.pop();
  if (!may_be_called(callable.kind())) return pickle_errc::not_callable;
  return push_instance(construction::inst, callable, args);
}

pickle_errc unpickling::load_build() {
  if (stack_.reachable() < 2) return stack_.underflow();
  const value_view object = stack_.top(1);
  // Nothing else has attributes to set; None sets none.
  if (!object.is(kind::instance)) {
    const bool nothing = stack_.pop().is_none();
    return nothing ? done : pickle_errc::bad_state;
  }
  const pickle_errc e = change_instance(object, action::build, 1);
  stack_.drop(1);
  return e;
}

// A state setter is called with the object that lies below it, and what it returns is dropped.
bool unpickling::is_effect_of(value_view popped, value_view below) const noexcept {
  if (!popped.is(kind::instance) || !below.is(kind::instance)) return false;
  const std::span<const value_view> args = popped.as_instance().args.as_items();
  return args.size() == 2 && args[0].identity() == below.identity();
}

pickle_errc unpickling::push_persistent(value_view id) {
  if (!options_.persistent_load) return pickle_errc::no_persistent_load;
  return push(options_.persistent_load(id, build_));
}

pickle_errc unpickling::load_persid() {
  std::string_view id;
  if (!in_.read_line(id)) return pickle_errc::truncated;
  if (!is_ascii(id)) return pickle_errc::not_ascii;
  return push_persistent(build_.str(id));
}

pickle_errc unpickling::load_binpersid() {
  if (stack_.reachable() == 0) return stack_.underflow();
  return push_persistent(stack_.pop());
}

pickle_errc unpickling::load_next_buffer() {
  if (next_buffer_ >= options_.buffers.size()) return pickle_errc::no_buffers;
  const std::size_t index = next_buffer_++;
  return push(build_.buffer({options_.buffers[index], index, false}));
}

pickle_errc unpickling::load_readonly_buffer() {
  if (stack_.reachable() == 0) return stack_.underflow();
  value_view& top = stack_.top();
  if (top.is(kind::bytes)) return done;
  buffer_reference reference{{}, buffer_reference::in_band, true};
  if (top.is(kind::bytearray)) {
    reference.content = top.as_bytes();
  } else if (top.is(kind::buffer)) {
    reference = top.as_buffer();
    reference.readonly = true;
  } else {
    return pickle_errc::not_a_buffer;
  }
  top = build_.buffer(reference);
  return done;
}

}  // namespace pickled::inline v0::detail
