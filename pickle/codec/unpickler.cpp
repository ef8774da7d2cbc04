// SPDX-License-Identifier: BSL-1.0

#include "pickled/codec/unpickler.hpp"

#include "pickle/codec/unpickling.hpp"
#include "pickle/value/depth.hpp"
#include "pickle/value/node.hpp"
#include "pickle/value/utf8.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace pickled::inline v0::detail {

unpickling::unpickling(bytes_view input, const load_options& options, arena& where)
    : in_(input),
      options_(options),
      arena_(where),
      build_(where),
      stack_(options.max_memory),
      memo_(options.max_memory),
      encoding_(find_encoding(options.encoding)) {}

load_error unpickling::run(value_view& result) {
  for (;;) {
    start_ = in_.offset();
    if (in_.remaining() == 0) return {pickle_errc::ran_out_of_input, start_, 0};
    const auto code = static_cast<opcode>(in_.peek());
    in_.skip(1);
    if (code == opcode::stop) break;
    if (const pickle_errc e = execute(code); e != done) [[unlikely]] {
      return {e, start_, static_cast<std::uint8_t>(code)};
    }
  }
  const auto stop = static_cast<std::uint8_t>(opcode::stop);
  if (stack_.reachable() == 0) return {stack_.underflow(), start_, stop};
  result = stack_.top();
  if (depths_are_stale_ && !measure_depth(result, options_.max_depth)) {
    return {pickle_errc::too_deep, start_, stop};
  }
  return {};
}

inline pickle_errc unpickling::execute(opcode code) {
  switch (code) {
    case opcode::none: return push(value_view::none());
    case opcode::newtrue: return push(value_view::boolean(true));
    case opcode::newfalse: return push(value_view::boolean(false));
    case opcode::binint: return load_binint<std::int32_t>();
    case opcode::binint1: return load_binint<std::uint8_t>();
    case opcode::binint2: return load_binint<std::uint16_t>();
    case opcode::long1: return load_long<std::uint8_t>();
    case opcode::binfloat: return load_binfloat();
    case opcode::short_binunicode: return load_counted<std::uint8_t>(kind::str);
    case opcode::binunicode: return load_counted<std::uint32_t>(kind::str);
    case opcode::short_binbytes: return load_counted<std::uint8_t>(kind::bytes);
    case opcode::binbytes: return load_counted<std::uint32_t>(kind::bytes);
    case opcode::mark: return load_mark();
    case opcode::empty_tuple: return push(value_view::items(kind::tuple, nullptr, 0, 1));
    case opcode::tuple1: return load_counted_tuple(1);
    case opcode::tuple2: return load_counted_tuple(2);
    case opcode::tuple3: return load_counted_tuple(3);
    case opcode::tuple: return load_tuple();
    case opcode::empty_list: return load_empty(kind::list);
    case opcode::append: return load_append();
    case opcode::appends: return load_appends();
    case opcode::empty_dict: return load_empty(kind::dict);
    case opcode::setitem: return load_setitem();
    case opcode::setitems: return load_setitems();
    case opcode::memoize: return load_memoize();
    case opcode::binput: return load_binput<std::uint8_t>();
    case opcode::long_binput: return load_binput<std::uint32_t>();
    case opcode::binget: return load_binget<std::uint8_t>();
    case opcode::long_binget: return load_binget<std::uint32_t>();
    case opcode::reduce: return load_reduce();
    case opcode::newobj: return load_newobj();
    case opcode::build: return load_build();
    case opcode::stack_global: return load_stack_global();
    default: return execute_rarely(code);
  }
}

pickle_errc unpickling::execute_rarely(opcode code) {
  switch (code) {
    case opcode::int_: return load_int();
    case opcode::long_: return load_long_text();
    case opcode::long4: return load_long<std::int32_t>();
    case opcode::float_: return load_float();
    case opcode::string: return load_string();
    case opcode::binstring: return load_binstring<std::int32_t>();
    case opcode::short_binstring: return load_binstring<std::uint8_t>();
    case opcode::unicode: return load_unicode();
    case opcode::binunicode8: return load_counted<std::uint64_t>(kind::str);
    case opcode::binbytes8: return load_counted<std::uint64_t>(kind::bytes);
    case opcode::bytearray8: return load_counted<std::uint64_t>(kind::bytearray);
    case opcode::next_buffer: return load_next_buffer();
    case opcode::readonly_buffer: return load_readonly_buffer();
    case opcode::list: return load_list();
    case opcode::dict: return load_dict();
    case opcode::empty_set: return load_empty(kind::set);
    case opcode::additems: return load_additems();
    case opcode::frozenset: return load_frozenset();
    case opcode::pop: return load_pop();
    case opcode::pop_mark: return load_pop_mark();
    case opcode::dup: return load_dup();
    case opcode::get: return load_get();
    case opcode::put: return load_put();
    case opcode::global: return load_global();
    case opcode::ext1: return load_extension<std::uint8_t>();
    case opcode::ext2: return load_extension<std::uint16_t>();
    case opcode::ext4: return load_extension<std::int32_t>();
    case opcode::newobj_ex: return load_newobj_ex();
    case opcode::inst: return load_inst();
    case opcode::obj: return load_obj();
    case opcode::persid: return load_persid();
    case opcode::binpersid: return load_binpersid();
    case opcode::proto: return load_proto();
    case opcode::frame: return load_frame();
    default: return pickle_errc::invalid_load_key;
  }
}

pickle_errc unpickling::push_characters(kind k, bytes_view content) {
  if (content.empty() && k != kind::bytearray) return push(value_view::characters(k, nullptr, 0));
  if (options_.borrow && k != kind::bytearray) {
    return push(value_view::characters(k, content.data(), content.size()));
  }
  auto* copy = try_allocate_counted<std::byte>(arena_, content.size());
  if (copy == nullptr) return pickle_errc::too_large;
  if (!content.empty()) std::memcpy(copy, content.data(), content.size());
  return push(value_view::characters(k, copy, content.size()).as_counted());
}

template <class Integer>
pickle_errc unpickling::load_binint() {
  Integer number;
  if (!in_.read(number)) return pickle_errc::truncated;
  return push(value_view::integer(number));
}

pickle_errc unpickling::load_binfloat() {
  double number;
  if (!in_.read_double(number)) return pickle_errc::truncated;
  return push(value_view::real(number));
}

template <class Length>
pickle_errc unpickling::load_long() {
  Length length;
  bytes_view bytes;
  if (!in_.read(length)) return pickle_errc::truncated;
  if (std::is_signed_v<Length> && length < Length{}) return pickle_errc::bad_length;
  if (!in_.read(static_cast<std::uint64_t>(length), bytes)) return pickle_errc::truncated;
  return push(build_.integer(bytes));
}

template <class Length>
pickle_errc unpickling::load_counted(kind k) {
  Length length;
  bytes_view content;
  if (!in_.read(length)) return pickle_errc::truncated;
  if (std::uint64_t{length} > INT64_MAX) return pickle_errc::impossible_length;
  if (!in_.read(length, content)) return pickle_errc::truncated;
  if (k == kind::str && !is_utf8(as_text(content))) return pickle_errc::bad_utf8;
  return push_characters(k, content);
}

template <class Length>
pickle_errc unpickling::load_binstring() {
  Length length;
  bytes_view content;
  if (!in_.read(length)) return pickle_errc::truncated;
  if (std::is_signed_v<Length> && length < Length{}) return pickle_errc::bad_length;
  if (!in_.read(static_cast<std::uint64_t>(length), content)) return pickle_errc::truncated;
  return push_python2_string(as_text(content));
}

pickle_errc unpickling::get(std::uint64_t index) {
  const value_view* found = memo_.get(index);
  if (found == nullptr) return pickle_errc::memo_missing;
  if (std::uint8_t* uses = uses_of(*found)) *uses = 2;
  return push(found->as_repeated());
}

template <class Index>
pickle_errc unpickling::load_binget() {
  Index index;
  if (!in_.read(index)) return pickle_errc::truncated;
  return get(index);
}

pickle_errc unpickling::put(std::uint64_t index) {
  if (stack_.reachable() == 0) return stack_.underflow();
  return memo_.put(index, stack_.top()) ? done : pickle_errc::memo_too_large;
}

template <class Index>
pickle_errc unpickling::load_binput() {
  Index index;
  if (!in_.read(index)) return pickle_errc::truncated;
  return put(index);
}

pickle_errc unpickling::load_dup() {
  if (stack_.reachable() == 0) return stack_.underflow();
  const value_view top = stack_.top();
  if (std::uint8_t* uses = uses_of(top)) *uses = 2;
  return push(top.as_repeated());
}

pickle_errc unpickling::load_pop() {
  // As in CPython, which keeps both on one stack in its Python version, POP drops a MARK too.
  if (stack_.mark_on_top()) return load_pop_mark();
  if (stack_.reachable() == 0) return stack_.underflow();
  const value_view popped = stack_.pop();
  const bool called_just_now = call_end_ == start_;
  if (called_just_now && stack_.reachable() != 0 && is_effect_of(popped, stack_.top())) {
    build_.change(stack_.top(), {action::call, popped, {}});
    depths_are_stale_ = true;
  }
  return done;
}

pickle_errc unpickling::load_pop_mark() {
  std::size_t count = 0;
  if (!stack_.pop_mark(count)) return pickle_errc::mark_not_found;
  stack_.drop(count);
  return done;
}

pickle_errc unpickling::load_proto() {
  std::uint8_t protocol;
  if (!in_.read(protocol)) return pickle_errc::truncated;
  if (protocol > 5) return pickle_errc::bad_protocol;
  protocol_ = protocol;
  return done;
}

// The C unpickler asks only that a frame is all there; what is in it may even end after it.
pickle_errc unpickling::load_frame() {
  std::uint64_t length;
  if (!in_.read(length)) return pickle_errc::truncated;
  if (length > INT64_MAX) return pickle_errc::impossible_length;
  if (length > in_.remaining()) return pickle_errc::truncated;
  if (call_end_ == start_) call_end_ = in_.offset();
  return done;
}

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

value loads(bytes_view input, load_error& error, const load_options& options,
            std::size_t* consumed) {
  const auto owner = std::make_shared<arena>(options.max_memory, options.memory);
  value_view result;
  detail::unpickling run(input, options, *owner);
  try {
    error = run.run(result);
  } catch (const std::bad_alloc&) {
    error = {pickle_errc::too_large, run.consumed(), 0};
  }
  if (consumed != nullptr) *consumed = run.consumed();
  if (error) return {};
  return {result, owner};
}

value loads(bytes_view input, const load_options& options) {
  load_error error;
  value result = loads(input, error, options);
  if (error) throw unpickling_error(error);
  return result;
}

PICKLED_END_NAMESPACE
