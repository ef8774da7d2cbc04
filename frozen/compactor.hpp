// SPDX-License-Identifier: BSL-1.0

// The freezer's one pass: follows a pickle as the unpickler does, builds nothing, and writes what a
// run keeps of it into scratch memory, one argument after the other. It knows the canonical pickles
// of protocols 4 and 5, which is what CPython writes. At anything else, malformed input included,
// it gives up: then the value is loaded and dumped (freeze_by_value.hpp), and loads finds what is
// wrong.
//
//   message   ( ident method | ] MEMOIZE  ( X MEMOIZE  BINGET 2  e | TUPLE1 } TUPLE STOP
//   scratch                  | ]          ( X          h         e |
//   run                        ] PUT 0    ( X          GET 0     e
//
// MEMOIZE writes nothing and notes a definition: where the item on top begins and ends. A GET of a
// short leaf writes the leaf again. Any other GET writes one byte and notes an edit, which is made
// when the argument becomes a run of its own and it is known what lies inside of it.

#ifndef PICKLED_FROZEN_COMPACTOR_HPP
#define PICKLED_FROZEN_COMPACTOR_HPP

#include "frozen/freezer.hpp"
#include "pickle/codec/opcode.hpp"
#include "pickle/value/flat_vector.hpp"
#include "pickled/frozen/frozen.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

// Kept by each thread between messages, so that a small request allocates nothing but its results.
class compactor {
 public:
  enum class verdict : std::uint8_t { good, by_value, too_large };

  // Each leaves its result unspecified, but valid, unless the verdict is good.
  // `memory` is what the message lies in, where a value may stay there, and nullptr otherwise.
  verdict compact_request(bytes_view message, const freeze_options& options,
                          frozen_request& request, buffer* memory);
  verdict compact_value(bytes_view message, const freeze_options& options, frozen& result);
  // The slots of a run that is one container without holes.
  verdict compact_slots(const frozen& container, const freeze_options& options,
                        std::vector<frozen>& slots);

  // Gives memory back that a large message took.
  void trim() noexcept;

 private:
  // What a value contains that its holder wants to know. A container has the flags of its items.
  enum flags : std::uint8_t {
    no_flags = 0,
    opaque_equality = 1,
    uses_protocol_5 = 2,
    unhashable = 4,     // list, dict, set, bytearray, or a tuple with one of them
    fetched = 8,        // by GET; the item is one byte, which an edit replaces
    referred = 16,      // characters too large for the scratch: one byte, which an edit replaces
    made_native = 32,   // a callable whose call is another kind of value: a bytearray, a proxy
    makes_ticket = 64,  // a callable whose call is a ticket
    holds_ticket = 128
  };
  static constexpr unsigned inherited = opaque_equality | uses_protocol_5 | holds_ticket;

  // A value on the unpickler's stack. Its bytes in the scratch end where the next item begins, or
  // where the opcode that consumes it stands.
  struct item {
    std::uint32_t start;
    std::uint16_t depth;
    pickled::kind kind;
    std::uint8_t flags;
  };
  static_assert(sizeof(item) == 8);

  struct mark {
    std::uint32_t start;
    std::uint32_t items;  // on the stack below it
  };
  // What a memo number means.
  struct definition {
    item defined;
    std::uint32_t put;  // where its PUT goes: there the item ends for now
    std::uint32_t use;  // the number in uses_, if that is of this definition
  };
  // What comes instead of one byte of the scratch.
  struct edit {
    std::uint32_t offset;
    std::uint32_t definition;  // or `none`
    bytes_view characters;     // that were too large to be copied
  };
  // An item of a container that is to be cut.
  struct slot {
    std::uint32_t start;
    std::uint32_t end;
    pickled::kind kind;
    std::uint8_t flags;
    std::uint16_t depth;
  };
  struct contents {
    std::uint32_t container = none;  // its start
    flat_vector<slot> slots;
  };
  // A definition that the run in hand refers to.
  struct use {
    std::uint32_t definition;
    std::uint32_t number;  // in the run's memo; `none` while there is only one copy of it
    std::uint32_t copy;    // the number of the step that copies it; `none` where it lies in the run
  };
  // What is written where a run is not simply copied from the scratch.
  struct step {
    enum class form : std::uint8_t { put, get, copy, characters };

    std::uint32_t offset;
    std::uint32_t number;  // in the memo, for put and get; for a copy its PUT, or `none`
    form form;
    bytes_view bytes;
  };

  struct leaf;

  static constexpr std::uint32_t none = 0xffffffff;
  // No opcode with a number behind it takes more, and sixteen bytes can be copied from before.
  static constexpr std::size_t tail_reach = 32;

  static constexpr std::array<leaf, 256> make_leaves();

  void start(bytes_view message, const freeze_options& options);
  bool reserve(std::size_t more);
  bool read_header();
  bool move_to_tail() noexcept;
  bool read_opcodes();
  bool read_opcode(opcode code);

  std::uint32_t offset() const noexcept { return static_cast<std::uint32_t>(out_ - scratch()); }
  std::byte* scratch() const noexcept { return const_cast<std::byte*>(scratch_.data()); }
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  void write(opcode code) noexcept { *out_++ = static_cast<std::byte>(code); }
  bool write_characters(const std::byte* from, std::size_t size, item& made);

  bool push_long(std::size_t width);
  bool push_bytearray();
  bool push_extension(std::size_t width);
  bool make_readonly();
  bool skip_frame();

  std::size_t available() const noexcept { return stack_.size() - fence_; }
  bool pop_mark(mark& popped);
  bool define(std::uint64_t index);
  bool remember(std::uint64_t index);
  bool read_index(std::size_t width, std::uint64_t& index) noexcept;
  bool read_put(std::size_t width);
  bool read_get(std::size_t width);
  std::uint16_t depth_around(std::uint32_t start) const noexcept;

  item summary(std::size_t first) const noexcept;
  bool hashable(std::size_t first, std::size_t step) const noexcept;
  bool replace(std::size_t first, std::uint32_t start, opcode code, kind made, unsigned flags);
  bool note_slots(std::size_t container, std::size_t first, std::uint32_t start, bool fresh);
  bool make_tuple(std::size_t count, opcode code);
  bool make_marked(opcode code, kind made);
  bool end_request();
  bool make_tuple_of(std::size_t first, std::uint32_t start, opcode code, kind made);
  bool fill_single(opcode code, kind made, std::size_t parts);
  bool fill_marked(opcode code, kind made, std::size_t parts);
  bool fill(std::size_t first, opcode code, kind made, std::size_t parts);
  bool spell_out(std::size_t first);
  std::string_view text(std::uint32_t start) const noexcept;
  bool stack_global();
  static unsigned flags_of_call(const item& callable) noexcept;
  bool call(std::size_t parts, opcode code);
  bool obj();
  bool build();

  const edit* first_edit(std::uint32_t offset) const noexcept;
  verdict cut(const slot& s, frozen& result);
  verdict cut_all(const contents& watched, std::uint32_t container, std::vector<frozen>& results);
  verdict cut_kwds(frozen_request& request);
  verdict cut_fetched(const slot& s, frozen& result);
  const edit* largest_edit(const buffer& memory) const noexcept;
  verdict cut_kept(buffer& memory);
  verdict assemble(const slot& s, const edit* first, const edit* last, frozen& result);
  bool plan(const slot& s, const edit* first, const edit* last, frozen::traits& about);
  verdict write_planned(const slot& s, const frozen::traits& about, frozen& result);
  std::size_t planned_size(const slot& s, std::uint32_t until) const noexcept;
  bool plan_get(const slot& s, std::uint32_t offset, std::uint32_t number, frozen::traits& about);
  void write_steps(const slot& s, std::byte* out) const noexcept;
  bool has_room_for(std::size_t size) const noexcept;
  void account(const frozen& result) noexcept;
  frozen::traits traits_of(const slot& s) const noexcept;
  bytes_view bytes_of(const definition& d) const noexcept;
  static bool may_be_copied(const definition& d) noexcept;

  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  const std::byte* guard_ = nullptr;  // opcodes up to here may be read without looking for the end
  std::size_t message_size_ = 0;
  std::array<std::byte, 2 * tail_reach> tail_{};  // the last bytes of the message, and some more
  bool is_in_tail_ = false;
  std::byte* out_ = nullptr;
  std::size_t max_memory_ = 0;
  std::size_t max_depth_ = 0;
  bool has_proxies_ = false;
  // The stack index of the first container that is to be cut, and how many there are.
  std::size_t watched_ = 0;
  std::size_t watched_count_ = 0;
  bool request_has_ended_ = false;

  buffer scratch_;
  flat_vector<item> stack_;
  flat_vector<mark> marks_;
  std::size_t fence_ = 0;  // items below it lie under a mark
  flat_vector<definition> definitions_;
  // The definition of each memo number, where they are not simply the same.
  flat_vector<std::uint32_t> memo_;
  std::size_t memo_count_ = 0;
  bool memo_is_plain_ = true;
  flat_vector<edit> edits_;
  contents contents_[2];

  // The characters that stay in the memory of the message, and the slot and the result with them.
  const edit* kept_ = nullptr;
  slot kept_slot_{};
  frozen* kept_result_ = nullptr;

  std::size_t memory_ = 0;    // of all results
  std::uint64_t copied_ = 0;  // bytes of definitions that were written into runs that lack them
  std::vector<use> uses_;
  std::vector<step> steps_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_FROZEN_COMPACTOR_HPP
