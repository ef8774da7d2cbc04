// SPDX-License-Identifier: BSL-1.0

#include "python/loading_trace.hpp"

#include "pickle/codec/compat_names.hpp"
#include "pickle/codec/instruction.hpp"
#include "pickle/codec/opcode.hpp"
#include "pickle/codec/operand.hpp"
#include "pickle/value/utf8.hpp"
#include "pickled/value/value.hpp"

#include <cstring>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

using event = enum loading_step::event;

struct traced_value {
  enum class sort : std::uint8_t { other, text, global, made };
  sort is = sort::other;
  std::string_view text;  // or the module
  std::string_view name;  // of a global, and of what made it
};

class loading_tracer {
 public:
  loading_tracer(bytes_view input, const trace_options& options)
      : in_(input), options_(options), build_(memory_) {}

  traced run();

 private:
  using sort = traced_value::sort;

  bool crosses_frame(const instruction& next) const noexcept;
  std::error_code step(const instruction& next);
  std::error_code apply_effect(const opcode_info& code);
  std::error_code put(std::int64_t index);
  std::error_code get(std::int64_t index);
  std::error_code load_global(const instruction& next, std::string_view module,
                              std::string_view name);
  std::error_code load_stack_global(const instruction& next);
  std::error_code load_extension(const instruction& next);
  std::error_code load_inst(const instruction& next);
  std::error_code load_obj(const instruction& next);
  std::error_code load_build(const instruction& next);
  std::error_code call(const instruction& next, std::size_t arguments);
  std::error_code pop();
  std::error_code pop_to_mark();

  std::size_t reachable() const noexcept {
    return stack_.size() - (marks_.empty() ? 0 : marks_.back());
  }
  traced_value called(const instruction& next, const traced_value& callable);
  void tell(event happens, const instruction& next, const traced_value& of = {},
            std::int64_t code = 0);

  reader in_;
  const trace_options& options_;
  arena memory_;
  value_builder build_;
  std::vector<traced_value> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::int64_t, traced_value> memo_;
  std::size_t frame_end_ = 0;
  int protocol_ = 0;
};

void loading_tracer::tell(event happens, const instruction& next, const traced_value& of,
                          std::int64_t code) {
  if (options_.on_step)
    options_.on_step({happens, next.offset, std::string(of.text), std::string(of.name), code});
}

traced_value loading_tracer::called(const instruction& next, const traced_value& callable) {
  if (callable.is == sort::global) {
    tell(event::call, next, callable);
    return {sort::made, callable.text, callable.name};
  }
  tell(event::call_unknown, next);
  return {};
}

std::error_code loading_tracer::pop() {
  if (!marks_.empty() && marks_.back() == stack_.size()) {
    marks_.pop_back();
    return {};
  }
  if (stack_.empty()) return pickle_errc::stack_underflow;
  stack_.pop_back();
  return {};
}

std::error_code loading_tracer::pop_to_mark() {
  if (marks_.empty()) return pickle_errc::mark_not_found;
  stack_.resize(marks_.back());
  marks_.pop_back();
  return {};
}

std::error_code loading_tracer::put(std::int64_t index) {
  if (index < 0) return pickle_errc::bad_operand;
  if (reachable() == 0) return pickle_errc::stack_underflow;
  memo_[index] = stack_.back();
  return {};
}

std::error_code loading_tracer::get(std::int64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end()) return pickle_errc::memo_missing;
  stack_.push_back(found->second);
  return {};
}

std::error_code loading_tracer::load_global(const instruction& next, std::string_view module,
                                            std::string_view name) {
  if (!is_utf8(module) || !is_utf8(name)) return pickle_errc::bad_utf8;
  global_name global{module, name};
  if (protocol_ < 3) global = python3_name(global);
  stack_.push_back({sort::global, global.module, global.name});
  tell(event::import, next, stack_.back());
  return {};
}

std::error_code loading_tracer::load_stack_global(const instruction& next) {
  if (reachable() < 2) return pickle_errc::stack_underflow;
  const traced_value name = stack_.back();
  stack_.pop_back();
  const traced_value module = stack_.back();
  stack_.pop_back();
  if (name.is == sort::text && module.is == sort::text)
    return load_global(next, module.text, name.text);
  // What a call has made may be a str.
  tell(event::import_unknown, next);
  stack_.push_back({});
  return {};
}

std::error_code loading_tracer::load_extension(const instruction& next) {
  value_view code;
  if (const std::error_code ec = operand_of(next, build_, code)) return ec;
  if (code.as_integer() <= 0) return pickle_errc::bad_extension;
  tell(event::import_extension, next, {}, code.as_integer());
  stack_.push_back({});
  return {};
}

std::error_code loading_tracer::load_inst(const instruction& next) {
  if (const std::error_code ec = pop_to_mark()) return ec;
  if (const std::error_code ec = load_global(next, next.lines[0], next.lines[1])) return ec;
  stack_.back() = called(next, stack_.back());
  return {};
}

std::error_code loading_tracer::load_obj(const instruction& next) {
  if (marks_.empty()) return pickle_errc::mark_not_found;
  if (reachable() == 0) return pickle_errc::stack_underflow;
  const traced_value callable = stack_[marks_.back()];
  if (const std::error_code ec = pop_to_mark()) return ec;
  stack_.push_back(called(next, callable));
  return {};
}

// A callable below its `arguments`.
std::error_code loading_tracer::call(const instruction& next, std::size_t arguments) {
  if (reachable() <= arguments) return pickle_errc::stack_underflow;
  stack_.resize(stack_.size() - arguments);
  stack_.back() = called(next, stack_.back());
  return {};
}

std::error_code loading_tracer::load_build(const instruction& next) {
  if (reachable() < 2) return pickle_errc::stack_underflow;
  stack_.pop_back();
  const traced_value& object = stack_.back();
  if (object.is == sort::global) tell(event::change_class, next, object);
  if (object.is != sort::made || !options_.bytes_after_build) return {};
  const std::string full = std::string(object.text) + "." + std::string(object.name);
  const std::size_t foreign = options_.bytes_after_build(full, in_.offset());
  if (foreign > in_.remaining()) return pickle_errc::truncated;
  // CPython would take those bytes from behind the frame, and go on within it.
  if (foreign != 0 && frame_end_ > in_.offset()) return pickle_errc::bad_frame;
  in_.skip(foreign);
  return {};
}

std::error_code loading_tracer::apply_effect(const opcode_info& code) {
  if (code.pops_mark) {
    if (const std::error_code ec = pop_to_mark()) return ec;
  }
  if (reachable() < code.pops) return pickle_errc::stack_underflow;
  stack_.resize(stack_.size() - code.pops + code.pushes);
  if (code.pushes != 0) stack_.back() = {};
  return {};
}

std::error_code loading_tracer::step(const instruction& next) {
  const auto operand = [&](value_view& v) { return operand_of(next, build_, v); };
  value_view v;
  switch (next.info->code) {
    case opcode::proto:
      protocol_ = static_cast<int>(next.content[0]);
      return protocol_ > 5 ? pickle_errc::bad_protocol : pickle_errc();
    case opcode::frame: {
      std::uint64_t length = 0;
      std::memcpy(&length, next.content.data(), sizeof length);
      if (next.offset < frame_end_) return pickle_errc::bad_frame;
      frame_end_ = length > in_.remaining() ? in_.offset() + in_.remaining()
                                            : in_.offset() + static_cast<std::size_t>(length);
      return {};
    }
    case opcode::mark: marks_.push_back(stack_.size()); return {};
    case opcode::pop: return pop();
    case opcode::dup:
      if (reachable() == 0) return pickle_errc::stack_underflow;
      stack_.push_back(traced_value(stack_.back()));
      return {};
    case opcode::binunicode:
    case opcode::short_binunicode:
    case opcode::binunicode8:
      // In place: whether it is UTF-8 matters where it is a name.
      stack_.push_back({sort::text, as_text(next.content), {}});
      return {};
    case opcode::string:
    case opcode::binstring:
    case opcode::short_binstring:
    case opcode::unicode:
      if (const std::error_code ec = operand(v)) return ec;
      stack_.push_back({sort::text, v.as_str(), {}});
      return {};
    case opcode::put:
    case opcode::binput:
    case opcode::long_binput:
      if (const std::error_code ec = operand(v)) return ec;
      return v.is(kind::integer) ? put(v.as_integer()) : pickle_errc::bad_operand;
    case opcode::memoize: return put(static_cast<std::int64_t>(memo_.size()));
    case opcode::get:
    case opcode::binget:
    case opcode::long_binget:
      if (const std::error_code ec = operand(v)) return ec;
      return v.is(kind::integer) ? get(v.as_integer()) : pickle_errc::memo_missing;
    case opcode::global: return load_global(next, next.lines[0], next.lines[1]);
    case opcode::stack_global: return load_stack_global(next);
    case opcode::ext1:
    case opcode::ext2:
    case opcode::ext4: return load_extension(next);
    case opcode::inst: return load_inst(next);
    case opcode::obj: return load_obj(next);
    case opcode::reduce:
    case opcode::newobj: return call(next, 1);
    case opcode::newobj_ex: return call(next, 2);
    case opcode::build: return load_build(next);
    // These leave what they fill, and what reads a buffer leaves it as it is.
    case opcode::append:
    case opcode::setitem: {
      const std::size_t items = next.info->pops - 1U;
      if (reachable() <= items) return pickle_errc::stack_underflow;
      stack_.resize(stack_.size() - items);
      return {};
    }
    case opcode::appends:
    case opcode::setitems:
    case opcode::additems:
      if (const std::error_code ec = pop_to_mark()) return ec;
      return reachable() == 0 ? pickle_errc::stack_underflow : pickle_errc();
    default: return apply_effect(*next.info);
  }
}

// Of a line that crosses the end of a frame CPython drops, where it reads from a file, what is
// within the frame; from memory it reads on.
bool loading_tracer::crosses_frame(const instruction& next) const noexcept {
  return next.offset < frame_end_ && in_.offset() > frame_end_;
}

traced loading_tracer::run() {
  traced result;
  instruction next;
  do {
    std::error_code wrong;
    if (const pickle_errc e = next_instruction(in_, next); e != pickle_errc{})
      wrong = e;
    else if (crosses_frame(next))
      wrong = pickle_errc::bad_frame;
    else
      wrong = step(next);
    if (wrong) {
      result.error = {wrong, next.offset, next.byte};
      break;
    }
    ++result.instructions;
  } while (next.info->code != opcode::stop);
  result.consumed = in_.offset();
  return result;
}

}  // namespace

traced trace_loading(bytes_view input, const trace_options& options) {
  return loading_tracer(input, options).run();
}

}  // namespace pickled::inline v0::detail
