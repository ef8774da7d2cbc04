// SPDX-License-Identifier: BSL-1.0

// One call of loads: the state between two instructions, and for each family of opcodes a function
// with the name that it has in CPython's _pickle.c. Each of them carries out one instruction, or
// returns what is wrong with it.
//
// Scalars, stack and memo are in unpickler.cpp, containers in load_container.cpp, text operands and
// Python 2's strings in load_text.cpp; names, calls and instances in load_object.cpp.

#ifndef PICKLED_PICKLE_CODEC_UNPICKLING_HPP
#define PICKLED_PICKLE_CODEC_UNPICKLING_HPP

#include "pickle/codec/memo.hpp"
#include "pickle/codec/opcode.hpp"
#include "pickle/codec/reader.hpp"
#include "pickle/codec/text_operand.hpp"
#include "pickle/codec/value_stack.hpp"
#include "pickled/codec/unpickler.hpp"
#include "pickled/value/error.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pickled::inline v0::detail {

class unpickling {
 public:
  unpickling(bytes_view input, const load_options& options, arena& where);

  load_error run(value_view& result);
  std::size_t consumed() const noexcept { return in_.offset(); }

 private:
  using change = instance_node::change;
  using action = enum instance_node::change::action;
  using construction = instance_node::construction;
  // What every function answers when nothing is wrong.
  static constexpr pickle_errc done{};

  pickle_errc execute(opcode code);
  pickle_errc execute_rarely(opcode code);

  // Scalars, strings and bytes.
  pickle_errc push(value_view v) { return stack_.push(v) ? done : pickle_errc::too_large; }
  pickle_errc push_characters(kind k, bytes_view content);
  template <class Integer>
  pickle_errc load_binint();
  pickle_errc load_binfloat();
  template <class Length>
  pickle_errc load_long();
  template <class Length>
  pickle_errc load_counted(kind k);
  template <class Length>
  pickle_errc load_binstring();
  pickle_errc load_int();
  pickle_errc load_long_text();
  pickle_errc load_float();
  pickle_errc load_string();
  pickle_errc load_unicode();
  pickle_errc push_python2_string(std::string_view bytes);

  // Containers.
  pickle_errc load_mark() { return stack_.push_mark() ? done : pickle_errc::too_large; }
  pickle_errc load_empty(kind k);
  pickle_errc load_tuple();
  pickle_errc load_counted_tuple(std::size_t count);
  pickle_errc load_frozenset();
  pickle_errc load_list();
  pickle_errc load_dict();
  pickle_errc load_append();
  pickle_errc load_appends();
  pickle_errc load_setitem();
  pickle_errc load_setitems();
  pickle_errc load_additems();
  pickle_errc finish(kind k, std::size_t count);
  pickle_errc extend(value_view list, std::size_t count);
  pickle_errc update(value_view dict, std::size_t count);
  pickle_errc add(value_view set, std::size_t count);
  template <class Item>
  pickle_errc deepen(sequence_node<Item>& node, unsigned deepest_item);

  // The stack and the memo.
  pickle_errc load_pop();
  pickle_errc load_pop_mark();
  pickle_errc load_dup();
  template <class Index>
  pickle_errc load_binget();
  template <class Index>
  pickle_errc load_binput();
  pickle_errc load_memoize() { return put(memo_.size()); }
  pickle_errc load_get();
  pickle_errc load_put();
  pickle_errc get(std::uint64_t index);
  pickle_errc put(std::uint64_t index);

  // Names, calls and what they make.
  pickle_errc load_names(pickle_errc (*check)(std::string_view line));
  pickle_errc load_global();
  pickle_errc load_stack_global();
  template <class Code>
  pickle_errc load_extension();
  pickle_errc load_reduce();
  pickle_errc load_newobj();
  pickle_errc load_newobj_ex();
  pickle_errc load_inst();
  pickle_errc load_obj();
  pickle_errc load_build();
  pickle_errc load_persid();
  pickle_errc load_binpersid();
  pickle_errc load_next_buffer();
  pickle_errc load_readonly_buffer();
  pickle_errc push_global(global_name name);
  pickle_errc push_persistent(value_view id);
  pickle_errc push_instance(construction how, value_view callable, value_view args,
                            value_view kwargs = {});
  pickle_errc change_instance(value_view object, action kind_of_change, std::size_t count);
  bool is_effect_of(value_view popped, value_view below) const noexcept;

  pickle_errc load_proto();
  pickle_errc load_frame();
  // A line that has at least one character, as CPython asks of all but two opcodes.
  pickle_errc read_line(std::string_view& line);

  reader in_;
  const load_options& options_;
  arena& arena_;
  value_builder build_;
  value_stack stack_;
  memo memo_;
  std::size_t start_ = 0;     // of the instruction being executed
  std::size_t call_end_ = 0;  // where the last REDUCE ended: POP there drops what it returned
  std::size_t next_buffer_ = 0;
  string_encoding encoding_;
  int protocol_ = 0;
  // A container became deeper after another had taken its depth into account.
  bool depths_are_stale_ = false;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_UNPICKLING_HPP
