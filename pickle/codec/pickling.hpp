// SPDX-License-Identifier: BSL-1.0

// One call of dumps. Containers that are being written are kept on an explicit stack, so that a
// chain of any depth is written without recursion.
//
// The memo: an object is looked up only where it may be met twice. With like_cpython every object
// is numbered as it is written, whether it is looked up or not. Otherwise a PUT is inserted into
// the finished bytes when its object was met again: a pickle has no memo entry that nothing refers
// to.
//
// Cycles: a tuple, frozenset or instance is no object for the reader before its parts are. One that
// contains itself is begun anew where it is met among its parts, until one of these can be fetched.
// Its memo entry has the size that the memo had with it; where the memo has not grown since, no
// part ever will be fetched, and the value cannot be pickled. For t = ([t],):
//
//   begin t                                  memo: t unfinished (1 entry)
//     begin the list      EMPTY_LIST         memo: t unfinished, the list
//       begin t anew                         memo: t unfinished (2 entries: go on), the list
//         fetch the list  GET
//       end t             TUPLE1             memo: t, the list
//     end the list        APPEND
//   end t                 POP, GET           its parts are dropped, since t is there by now

#ifndef PICKLED_PICKLE_CODEC_PICKLING_HPP
#define PICKLED_PICKLE_CODEC_PICKLING_HPP

#include "pickle/codec/canonical.hpp"
#include "pickle/codec/memo_table.hpp"
#include "pickle/codec/opcode.hpp"
#include "pickle/codec/opcode_writer.hpp"
#include "pickled/codec/pickler.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

class pickling {
 public:
  // With a sink, which must outlive this, the pickle goes there piece by piece.
  explicit pickling(const dump_options& options, const opcode_writer::sink* to = nullptr);

  // The pickle, or what a sink was not given of it.
  buffer run(value_view root);
  // Only the opcodes that push the value: no PROTO, FRAME or STOP.
  canonical_run run_at_rest(value_view root, const leave_out& decide);

 private:
  using change = instance_node::change;
  using construction = instance_node::construction;

  // A container that is being written.
  struct open_container {
    value_view v;
    std::size_t next = 0;         // the child to be written next
    std::size_t batch_begin = 0;  // the items of the open MARK … APPENDS or SETITEMS
    std::size_t batch_end = 0;
    std::size_t position = 0;  // where its PUT goes; 0 while the reader has no object to fetch
    std::size_t number = memo_table::entry::unnumbered;  // in the memo, with like_cpython
  };

  void write_root(value_view root);
  // Writes the value, or, where it has parts, begins it; false then.
  bool save(value_view v);
  bool save_kind(value_view v);
  // Goes on with the container on top until a child is begun or it is finished.
  void step();
  void begin(value_view v);
  // The same for a list, dict or set, which a GET can fetch before it is filled; always false.
  bool begin_to_fill(value_view v, bool is_tracked);
  void end() { path_.pop_back(); }

  void save_bool(bool b);
  void save_int(std::int64_t number);
  void save_float(double number);
  void save_long(value_view v);
  void save_text(std::string_view utf8);
  void save_str(value_view v);
  void save_bytes(value_view v);
  void save_bytes_data(bytes_view data);
  void save_bytearray(value_view v);
  void save_bytearray_data(bytes_view data);
  void save_complex(value_view v);
  void save_buffer(value_view v);

  bool begin_list(value_view v);
  bool begin_dict(value_view v);
  bool begin_set(value_view v);
  bool begin_tuple(value_view v);
  bool begin_frozenset(value_view v);
  std::size_t save_numbers(std::span<const value_view> items, std::size_t most);
  void step_list(open_container& f);
  void step_dict(open_container& f);
  void step_tuple(open_container& f);
  void open_batch(open_container& f, std::size_t size);
  bool is_marked(const open_container& f, std::size_t size, opcode many) const noexcept;
  void close_batch(const open_container& f, std::size_t size, opcode one, opcode many);
  void open_empty(opcode from_protocol_1, opcode from_protocol_0);
  void finish_list(value_view v);
  void finish_tuple(value_view v);

  void save_extension(std::int32_t code);
  void save_global(global_name name, const void* identity);
  void write_names(opcode code, global_name name);
  void save_dotted_global(global_name name);
  void save_attribute_name(std::string_view part);
  const void* identity_of(const global_name& name, const void* first);
  // A str that the reader may share with others of its text: the parts of names.
  void save_interned(std::string_view utf8);
  // Around the one to three arguments of a call.
  void open_arguments();
  void close_arguments(std::size_t count);
  bool save_at_rest(value_view object);
  bool begin_instance(value_view v);
  void step_instance(open_container& f);
  void finish_construction(const instance_node& node);
  void step_changes(open_container& f);
  bool is_setter_call(const change& c) const noexcept;
  std::size_t change_parts(const change& c) const noexcept;
  value_view change_part(const change& c, std::size_t part) const noexcept;
  void open_changes(open_container& f, std::span<const change> changes);
  void close_changes(const open_container& f, std::span<const change> changes);
  bool begin_persistent(value_view id);
  void step_persistent(open_container& f);

  // True where the object was written before: this writes the GET.
  bool fetch(value_view v) { return tracked(v) && fetch(identity_of(v)); }
  bool fetch(const void* identity);
  // The object that the reader has on top of its stack now is this one.
  void memoise(value_view v) { memoise(v, tracked(v)); }
  void memoise(value_view v, bool is_tracked) {
    is_tracked ? memoise(identity_of(v)) : memoise_unnamed();
  }
  void memoise(const void* identity);
  // An object that no GET will fetch; but with like_cpython it takes a number of the memo.
  void memoise_unnamed() {
    if (options_.like_cpython) memoise(nullptr);
  }
  // An object that is its own part was already written, whole, among its parts: then POPs drop the
  // parts that were written for it, and a GET fetches it. False where it was not.
  bool replace_by_get(value_view v, std::size_t parts, bool marked);
  void write_get(std::size_t number);
  bool tracked(value_view v) const noexcept {
    return (everything_ || may_come_again(v)) && !(decide_ != nullptr && is_short_leaf(v));
  }
  static bool is_short_leaf(value_view v) noexcept;
  bool may_come_again(value_view v) const noexcept;
  const void* identity_of(value_view v) const noexcept;
  void break_cycle(value_view v);
  void insert_puts();

  const dump_options& options_;
  const int protocol_;
  // Ints and floats are written in one loop, since no option asks for each of them.
  const bool numbers_stand_alone_;
  opcode_writer out_;
  std::vector<open_container> path_;
  memo_table memo_;
  std::size_t memo_size_ = 0;
  // Where a PUT is to be inserted, and its number.
  std::vector<std::pair<std::size_t, std::size_t>> puts_;
  // One identity for each name and each text of a name.
  std::map<std::pair<std::string_view, std::string_view>, const void*> globals_;
  std::map<std::string_view, const void*> interned_;
  std::forward_list<value_view> persistent_ids_;
  const void* root_ = nullptr;
  // Every object is put into the memo, not only those that may be met twice.
  bool everything_ = false;
  // Of run_at_rest: what is asked which parts are left out, and what canonical_run tells.
  const leave_out* decide_ = nullptr;
  std::vector<std::size_t> holes_;  // each of one byte, which is taken out in the end
  bool opaque_equality_ = false;
  bool uses_protocol_5_ = false;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_PICKLING_HPP
