// SPDX-License-Identifier: BSL-1.0

// Writes one message out of frozen runs and a few opcodes between them: the only way in which
// hosted values leave. Small runs are copied; a large block is referred to, so that a reply with a
// 100 MB array costs a pointer and one gathered write.

#ifndef PICKLED_FROZEN_SPLICER_HPP
#define PICKLED_FROZEN_SPLICER_HPP

#include "pickled/frozen/frozen.hpp"
#include "pickled/value/buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// A finished message: pieces to be written one after the other, and what keeps them alive.
// Movable; its pieces stay valid until it is destroyed.
class spliced {
 public:
  spliced() = default;
  // A message that was written by other means.
  explicit spliced(buffer message) : copied_(std::move(message)), size_(copied_.size()) {}

  std::size_t size() const noexcept { return size_; }  // of all pieces
  // What it takes by itself: its parts of blocks belong to those.
  std::size_t own_size() const noexcept { return copied_.size(); }
  // In order; never an empty one.
  template <class Visit>
  void for_each_piece(Visit visit) const {
    std::size_t from = 0;
    for (const reference& r : references_) {
      if (r.until != from) visit(copied_.view().subspan(from, r.until - from));
      visit(r.part);
      from = r.until;
    }
    if (from != copied_.size()) visit(copied_.view().subspan(from));
  }
  buffer joined() const;  // all of it in one

  // It is done with: its memory is for the next message of this thread.
  void reuse() && noexcept;

 private:
  friend class splicer;

  // `copied_` up to `until`, and then `part`, which lies in `block`.
  struct reference {
    std::size_t until;
    bytes_view part;
    frozen block;
  };

  buffer copied_;
  std::vector<reference> references_;
  std::size_t size_ = 0;
};

// Call order: PROTO is written by the constructor; then exactly one value, which may be built by
// nested begin/end pairs; then finish() or freeze(). Not thread-safe.
//
// A block met twice is PUT once and fetched by GET; for that the splicer numbers its own memo
// entries above those of all runs. A block that one frozen value alone refers to is not looked for
// again: whoever hands the same object in twice, and wants it to be one for Python, hands in a
// copy.
//
// Once a value is written, the ends of a few tuples around it and finish() need no memory, unless
// blocks were met twice: a method may give away what it has written.
class splicer {
 public:
  // Writes RebuildProxy(...) for a hole, spelled for the receiver of this message.
  using write_proxy = std::function<void(const proxy_reference&, splicer&)>;

  // `proxies` must outlive the splicer. Without it, holes stay holes, and only freeze() may follow.
  explicit splicer(const write_proxy* proxies = nullptr);

  splicer& none();
  splicer& boolean(bool b);
  splicer& integer(std::int64_t i);
  splicer& real(double d);
  splicer& str(std::string_view utf8);
  splicer& bytes(bytes_view content);
  splicer& global(std::string_view module, std::string_view name);
  splicer& frozen(const pickled::frozen& run);

  splicer& begin_tuple();  // items until end_tuple
  splicer& end_tuple();
  splicer& begin_list();  // in batches of 1000, as CPython's pickler
  splicer& end_list();
  splicer& begin_dict();  // key, value, key, value …
  splicer& end_dict();
  splicer& begin_set();
  splicer& end_set();
  splicer& begin_frozenset();
  splicer& end_frozenset();
  // Of the two values before it: a callable made by global() or by one of these, and a tuple.
  splicer& reduce();
  splicer& newobj();
  splicer& build();  // of the two values before it: an object made by one of these, and its state

  // Bytes so far, shared blocks counted once.
  std::size_t size() const noexcept { return copied_.size() + inserted_size_; }

  spliced finish() &&;          // a message: PROTO … STOP
  pickled::frozen freeze() &&;  // the same value at rest

 private:
  // A container that was begun and not ended.
  struct open_container {
    pickled::kind kind;
    std::size_t count = 0;    // values in it so far
    std::size_t batched = 0;  // values since the MARK of the open batch; 0 where none is open
  };
  // Something that comes between copied_[until - 1] and copied_[until].
  struct insertion {
    enum class form : std::uint8_t { part, get, hole };
    form form;
    std::size_t until;
    std::size_t number;  // of the part in parts_, the block in met_, the hole in holes_
  };
  // A block that may be met again.
  struct met_block {
    pickled::frozen block;       // kept, so that its address means no other
    std::size_t after = 0;       // where in copied_ its run has ended,
    std::size_t insertions = 0;  // and behind how many insertions
    std::size_t memo = 0;
    bool again = false;
  };

  void begin_value();
  void end_value(kind finished);
  void write_opcode(unsigned char code) { copied_.push_back(std::byte{code}); }
  splicer& begin(kind container, unsigned char opcode);
  splicer& end(kind container, unsigned char opcode);
  splicer& end_batched(kind container);
  splicer& call(unsigned char opcode);
  void write_shared(const pickled::frozen& run);
  void write_run(const pickled::frozen& run);
  void write_part(const pickled::frozen& run, bytes_view part);
  std::size_t& slot_of(const void* identity);
  void index_met_blocks();
  spliced assemble(std::size_t from);

  const write_proxy* proxies_;
  buffer copied_;
  std::vector<open_container> open_;
  std::vector<insertion> insertions_;
  std::vector<spliced::reference> parts_;
  std::vector<pickled::frozen::hole> holes_;
  std::vector<met_block> met_;
  std::vector<std::size_t> slots_;  // open addressing by identity: 1 + the number in met_, or 0
  std::size_t inserted_size_ = 0;
  pickled::frozen::traits about_;
  bool may_be_called_ = false;  // the last value: then a batch must not end behind it
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_FROZEN_SPLICER_HPP
