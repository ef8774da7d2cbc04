// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/disassembler.hpp"

#include "pickle/codec/instruction.hpp"
#include "pickle/codec/opcode.hpp"
#include "pickle/codec/operand.hpp"
#include "pickled/python/repr.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <unordered_map>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

// What the stack would hold, as far as marks go: only heights are known.
class stack_outline {
 public:
  bool mark_on_top() const noexcept { return !marks_.empty() && marks_.back().height == height_; }
  bool empty() const noexcept { return height_ == 0 && marks_.empty(); }
  void push_mark(std::size_t offset) { marks_.push_back({height_, offset}); }
  std::size_t marks() const noexcept { return marks_.size(); }

  // Drops everything down to and including the topmost mark; where that was, or nullopt.
  std::optional<std::size_t> pop_to_mark() {
    if (marks_.empty()) return std::nullopt;
    const mark top = marks_.back();
    marks_.pop_back();
    height_ = top.height;
    return top.offset;
  }
  [[nodiscard]] bool pop(std::size_t count) noexcept {
    const std::size_t floor = marks_.empty() ? 0 : marks_.back().height;
    if (height_ - floor < count) return false;
    height_ -= count;
    return true;
  }
  void push(std::size_t count) noexcept { height_ += count; }

 private:
  struct mark {
    std::size_t height;
    std::size_t offset;
  };
  std::size_t height_ = 0;
  std::vector<mark> marks_;
};

// Prints one pickle, opcode by opcode.
class disassembler {
 public:
  disassembler(bytes_view input, std::ostream& out) : in_(input), out_(out) {}

  load_error run();
  std::size_t consumed() const noexcept { return in_.offset(); }

 private:
  load_error step(const instruction& next);
  std::error_code check_memo(const opcode_info& code, value_view operand, std::string& note);
  void print(const opcode_info& code, std::size_t offset, std::size_t indent, value_view operand,
             std::string_view note);

  reader in_;
  std::ostream& out_;
  stack_outline stack_;
  std::unordered_map<std::int64_t, bool> memo_;
  int protocol_ = -1;
};

// Ints of more than 4300 digits have no text.
std::string operand_text(value_view operand) {
  std::error_code too_long;
  std::string text = repr(operand, too_long);
  return too_long ? fmt::format("an int of {} bytes", operand.as_bytes().size()) : text;
}

void disassembler::print(const opcode_info& code, std::size_t offset, std::size_t indent,
                         value_view operand, std::string_view note) {
  const auto byte = static_cast<std::uint8_t>(code.code);
  const std::string letter =
      byte < 0x80 ? std::string(1, static_cast<char>(byte)) : fmt::format("\\x{:02x}", byte);
  std::string line = fmt::format("{:5}: {:<4} {:{}}{}", offset, letter, "", 4 * indent, code.name);
  const bool has_operand = code.argument != argument::none;
  if (has_operand || !note.empty()) {
    if (code.name.size() < 10) line.append(10 - code.name.size(), ' ');
    if (has_operand) line += " " + operand_text(operand);
    if (!note.empty()) line.append(" ").append(note);
  }
  fmt::print(out_, "{}\n", line);
}

std::error_code disassembler::check_memo(const opcode_info& code, value_view operand,
                                         std::string& note) {
  switch (code.code) {
    case opcode::put:
    case opcode::binput:
    case opcode::long_binput:
    case opcode::memoize: {
      auto index = static_cast<std::int64_t>(memo_.size());
      if (code.code == opcode::memoize) {
        note = fmt::format("(as {})", index);
      } else {
        if (!operand.is(kind::integer)) return pickle_errc::bad_operand;
        index = operand.as_integer();
      }
      if (stack_.empty()) return pickle_errc::stack_underflow;
      if (stack_.mark_on_top()) return pickle_errc::unexpected_mark;
      memo_[index] = true;
      return {};
    }
    case opcode::get:
    case opcode::binget:
    case opcode::long_binget:
      if (!operand.is(kind::integer)) return pickle_errc::bad_operand;
      return memo_.contains(operand.as_integer()) ? std::error_code{} : pickle_errc::memo_missing;
    default: return {};
  }
}

load_error disassembler::step(const instruction& next) {
  const opcode_info& code = *next.info;
  const auto fail = [&](std::error_code ec) { return load_error{ec, next.offset, next.byte}; };
  arena memory;
  value_builder build(memory);
  value_view operand;
  if (const std::error_code ec = operand_of(next, build, operand)) return fail(ec);

  protocol_ = std::max(protocol_, static_cast<int>(code.protocol));
  const std::size_t indent = stack_.marks();
  // POP takes a mark off where there is one on top.
  const bool pops_top_mark = code.code == opcode::pop && stack_.mark_on_top();
  std::string note;
  std::error_code wrong;
  if (code.pops_mark || pops_top_mark) {
    const std::optional<std::size_t> mark = stack_.pop_to_mark();
    note = mark ? fmt::format("(MARK at {})", *mark) : "no MARK exists on stack";
    if (!mark) wrong = pickle_errc::mark_not_found;
  }
  if (!wrong) wrong = check_memo(code, operand, note);
  print(code, next.offset, indent, operand, note);
  if (!wrong && !pops_top_mark && !stack_.pop(code.pops)) wrong = pickle_errc::stack_underflow;
  if (wrong) return fail(wrong);
  stack_.push(code.pushes);
  if (code.code == opcode::mark) stack_.push_mark(next.offset);
  return {};
}

load_error disassembler::run() {
  instruction next;
  do {
    if (const pickle_errc wrong = next_instruction(in_, next); wrong != pickle_errc{})
      return {wrong, next.offset, next.byte};
    if (const load_error error = step(next)) return error;
  } while (next.info->code != opcode::stop);
  fmt::print(out_, "highest protocol among opcodes = {}\n", protocol_);
  return {};
}

}  // namespace

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

load_error disassemble(bytes_view input, std::ostream& out, std::size_t& consumed) {
  detail::disassembler d(input, out);
  const load_error error = d.run();
  consumed = d.consumed();
  return error;
}

PICKLED_END_NAMESPACE
