// SPDX-License-Identifier: BSL-1.0

#include "frozen/compactor.hpp"

#include "frozen/ticket.hpp"
#include "pickle/codec/canonical.hpp"
#include "pickle/codec/native_call.hpp"
#include "pickle/codec/opcode.hpp"
#include "pickle/codec/scalar.hpp"
#include "pickle/value/utf8.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

namespace pickled::inline v0::detail {

namespace {

// The scratch has this much room beyond what is certain to be written, so that short pieces can be
// copied sixteen bytes at a time.
constexpr std::size_t slack = 32;
// Characters of this size are copied once, into their run.
constexpr std::size_t referred_size = 4096;
// What definitions may take where they are written into runs that lack them, beyond the size of the
// message.
constexpr std::uint64_t copying_allowance = std::uint64_t{1} << 20;

// Names and values of keywords, together. Up to so many, each name is compared with those before
// it, to find one that came twice; more are frozen by value.
constexpr std::size_t most_keywords = 64;

constexpr std::uint64_t high_bits = 0x8080808080808080;

// For a text of at most 16 characters. Precondition: eight bytes can be read at `at`.
bool is_short_ascii(const std::byte* at, std::size_t size) noexcept {
  const std::uint64_t first = load_little_endian(at, 8);
  if (size >= 8) return ((first | load_little_endian(at + size - 8, 8)) & high_bits) == 0;
  return (first & high_bits & ((std::uint64_t{1} << 8 * size) - 1)) == 0;
}

// `bits` are a double's as BINFLOAT has them, the highest byte first. A NaN has all bits of the
// exponent set, and one of the fraction.
bool is_nan(std::uint64_t bits) noexcept {
  return (__builtin_bswap64(bits) & 0x7fffffffffffffff) > 0x7ff0000000000000;
}

// The text of a str, whose opcode begins there.
std::string_view text_at(const std::byte* at) noexcept {
  switch (static_cast<opcode>(*at)) {
    case opcode::short_binunicode: return as_text({at + 2, load_little_endian(at + 1, 1)});
    case opcode::binunicode: return as_text({at + 5, load_little_endian(at + 1, 4)});
    default: return as_text({at + 9, load_little_endian(at + 1, 8)});
  }
}

}  // namespace

void compactor::start(bytes_view message, const freeze_options& options) {
  message_size_ = message.size();
  at_ = message.data();
  end_ = at_ + message_size_;
  is_in_tail_ = false;
  if (message_size_ <= tail_reach) {
    static_cast<void>(move_to_tail());
  } else {
    guard_ = end_ - tail_reach;
  }
  max_memory_ = options.max_memory;
  max_depth_ = std::min<std::size_t>(options.max_depth, value_view::deepest - 1);
  has_proxies_ = static_cast<bool>(options.resolve);
  const std::size_t max_entries = std::min<std::size_t>(max_memory_ / sizeof(definition), none);
  scratch_.clear();
  out_ = scratch_.prepare(message.size() + 2 * slack);
  stack_.restart(max_entries);
  marks_.restart(max_entries);
  fence_ = 0;
  definitions_.restart(max_entries);
  memo_.restart(max_entries);
  memo_count_ = 0;
  memo_is_plain_ = true;
  edits_.restart(max_entries);
  for (contents& c : contents_) {
    c.container = none;
    c.slots.restart(max_entries);
  }
  kept_ = nullptr;
  kept_result_ = nullptr;
  memory_ = 0;
  copied_ = 0;
}

void compactor::trim() noexcept {
  *this = compactor();
}

// Makes sure that what is left of the message and so many bytes more can be written.
bool compactor::reserve(std::size_t more) {
  const std::size_t written = offset();
  const std::size_t needed = written + left() + more + 2 * slack;
  if (needed <= scratch_.capacity()) return true;
  if (needed >= none || needed > max_memory_ + message_size_) return false;
  scratch_.clear();
  scratch_.commit(written);
  out_ = scratch_.prepare(needed - written);
  scratch_.clear();
  return true;
}

bool compactor::read_header() {
  // Offsets have 32 bits.
  if (left() < 2 || left() >= none / 2 || at_[0] != std::byte{0x80}) return false;
  if (at_[1] != std::byte{4} && at_[1] != std::byte{5}) return false;
  at_ += 2;
  return true;
}

// A PUT of what is on top of the stack.
bool compactor::define(std::uint64_t index) {
  if (available() == 0 || (stack_.back().flags & fetched) != 0) return false;
  if ((index != definitions_.size() || !memo_is_plain_) && !remember(index)) return false;
  return definitions_.push({stack_.back(), offset(), 0});
}

// Keeps the memo where its numbers are not those of the definitions.
bool compactor::remember(std::uint64_t index) {
  // A memo wider than its pickle is none of CPython's, and would cost more than its bytes.
  if (index > message_size_) return false;
  if (memo_is_plain_) {
    for (std::size_t i = 0; i != definitions_.size(); ++i) {
      if (!memo_.push(static_cast<std::uint32_t>(i))) return false;
    }
    memo_is_plain_ = false;
    memo_count_ = memo_.size();
  }
  while (memo_.size() <= index) {
    if (!memo_.push(none)) return false;
  }
  if (memo_[index] == none) ++memo_count_;
  memo_[index] = static_cast<std::uint32_t>(definitions_.size());
  return true;
}

bool compactor::read_index(std::size_t width, std::uint64_t& index) noexcept {
  if (left() < width) return false;
  index = load_little_endian(at_, width);
  at_ += width;
  return true;
}

bool compactor::read_put(std::size_t width) {
  std::uint64_t index;
  return read_index(width, index) && define(index);
}

// A leaf or a global, which is the same object for Python wherever it is written.
bool compactor::may_be_copied(const definition& d) noexcept {
  return (is_scalar(d.defined.kind) || d.defined.kind == kind::global) &&
         (d.defined.flags & referred) == 0;
}

bytes_view compactor::bytes_of(const definition& d) const noexcept {
  return {scratch() + d.defined.start, d.put - d.defined.start};
}

bool compactor::read_get(std::size_t width) {
  std::uint64_t index;
  if (!read_index(width, index)) return false;
  if (index >= (memo_is_plain_ ? definitions_.size() : memo_.size())) return false;
  const std::uint32_t number = memo_is_plain_ ? static_cast<std::uint32_t>(index) : memo_[index];
  if (number == none) return false;
  item made = definitions_[number].defined;
  const std::uint32_t start = made.start;
  made.start = offset();
  const std::size_t size = definitions_[number].put - start;
  if (is_scalar(made.kind) && (made.flags & referred) == 0 && size <= longest_repeated_leaf) {
    if (!reserve(size)) return false;
    // More than the leaf is copied, which may reach into where it is copied to.
    std::array<std::byte, longest_repeated_leaf> leaf;
    std::memcpy(leaf.data(), scratch() + start, leaf.size());
    std::memcpy(out_, leaf.data(), leaf.size());
    out_ += size;
    return stack_.push(made);
  }
  if (made.depth != 0) made.depth = depth_around(start);
  made.flags |= fetched;
  write(opcode::binget);
  return edits_.push({made.start, number, {}}) && stack_.push(made);
}

// How deep the item is that has `start` in it, as far as it is known: at least as deep as what
// begins there.
std::uint16_t compactor::depth_around(std::uint32_t start) const noexcept {
  const item* const after =
      std::upper_bound(stack_.begin(), stack_.end(), start,
                       [](std::uint32_t wanted, const item& i) { return wanted < i.start; });
  return after == stack_.begin() ? std::uint16_t{0} : after[-1].depth;
}

bool compactor::push_long(std::size_t width) {
  if (left() < width) return false;
  const std::uint64_t size = load_little_endian(at_, width);
  if (size < 5 || size > 0x7fffffff || (width == 4 && size <= 0xff)) return false;
  if (left() - width < size) return false;
  const std::byte* const number = at_ + width;
  const std::byte top = number[size - 1];
  const bool negative = (number[size - 2] & std::byte{0x80}) != std::byte{0};
  if (top == (negative ? std::byte{0xff} : std::byte{0})) return false;
  item made{offset(), 0, size <= 8 ? kind::integer : kind::big_integer, no_flags};
  return write_characters(at_ - 1, 1 + width + size, made) && stack_.push(made);
}

// A whole opcode with its operand, which the message goes on behind.
bool compactor::write_characters(const std::byte* from, std::size_t size, item& made) {
  at_ = from + size;
  if (size >= referred_size) [[unlikely]] {
    made.flags |= referred;
    write(opcode::binget);
    return edits_.push({made.start, none, {from, size}});
  }
  std::memcpy(out_, from, size);
  out_ += size;
  return true;
}

bool compactor::push_bytearray() {
  if (left() < 8) return false;
  const std::uint64_t size = load_little_endian(at_, 8);
  if (left() - 8 < size) return false;
  item made{offset(), 0, kind::bytearray, unhashable | uses_protocol_5};
  return write_characters(at_ - 1, 9 + size, made) && stack_.push(made);
}

bool compactor::push_extension(std::size_t width) {
  if (left() < width) return false;
  const std::uint64_t code = load_little_endian(at_, width);
  if (code == 0 || code > 0x7fffffff) return false;
  const item made{offset(), 0, kind::extension, opaque_equality};
  std::memcpy(out_, at_ - 1, 1 + width);
  out_ += 1 + width;
  at_ += width;
  return stack_.push(made);
}

bool compactor::make_readonly() {
  if (available() == 0 || (stack_.back().flags & fetched) != 0) return false;
  item& top = stack_.back();
  if (top.kind != kind::bytearray) return false;
  top.kind = kind::buffer;
  top.flags &= static_cast<std::uint8_t>(~unsigned{unhashable});
  write(opcode::readonly_buffer);
  return true;
}

bool compactor::skip_frame() {
  if (left() < 8 || load_little_endian(at_, 8) > left() - 8) return false;
  at_ += 8;
  return true;
}

[[gnu::always_inline]] inline bool compactor::pop_mark(mark& popped) {
  if (marks_.empty()) return false;
  popped = marks_.back();
  marks_.truncate(marks_.size() - 1);
  fence_ = marks_.empty() ? 0 : marks_.back().items;
  return true;
}

bool compactor::read_opcode(opcode code) {
  switch (code) {
    case opcode::long1: return push_long(1);
    case opcode::long4: return push_long(4);
    case opcode::bytearray8: return push_bytearray();
    case opcode::memoize: return define(memo_is_plain_ ? definitions_.size() : memo_count_);
    case opcode::binput: return read_put(1);
    case opcode::long_binput: return read_put(4);
    case opcode::binget: return read_get(1);
    case opcode::long_binget: return read_get(4);
    case opcode::tuple1: return make_tuple(1, code);
    case opcode::tuple2: return make_tuple(2, code);
    case opcode::tuple3: return make_tuple(3, code);
    case opcode::tuple: return make_marked(code, kind::tuple);
    case opcode::frozenset: return make_marked(code, kind::frozenset);
    case opcode::append: return fill_single(code, kind::list, 1);
    case opcode::setitem: return fill_single(code, kind::dict, 2);
    case opcode::appends: return fill_marked(code, kind::list, 1);
    case opcode::setitems: return fill_marked(code, kind::dict, 2);
    case opcode::additems: return fill_marked(code, kind::set, 1);
    case opcode::ext1: return push_extension(1);
    case opcode::ext2: return push_extension(2);
    case opcode::ext4: return push_extension(4);
    case opcode::stack_global: return stack_global();
    case opcode::reduce:
    case opcode::newobj: return call(2, code);
    case opcode::newobj_ex: return call(3, code);
    case opcode::obj: return obj();
    case opcode::build: return build();
    case opcode::readonly_buffer: return make_readonly();
    case opcode::frame: return skip_frame();
    default: return false;
  }
}

// The opcodes that push something by themselves, and whose operand needs no more than a look: where
// the number behind the opcode is `smallest` or more, there is no shorter form.
struct compactor::leaf {
  std::uint64_t mask = 0;      // of the number; 0 where there is none
  std::uint64_t smallest = 0;  // the least that it may be
  std::uint64_t counted = 0;   // all ones where so many characters follow it
  compactor::item item{0, 0, kind::none, no_flags};
  std::uint8_t size = 0;  // of the opcode and the number; 0 of what is not in this table
};

constexpr std::array<compactor::leaf, 256> compactor::make_leaves() {
  std::array<leaf, 256> leaves{};
  const auto add = [&](opcode code, item made, std::size_t width, std::uint64_t smallest,
                       bool counted) {
    const std::uint64_t mask = width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * width) - 1;
    leaves[static_cast<std::size_t>(code)] = {mask, smallest, counted ? ~std::uint64_t{0} : 0, made,
                                              static_cast<std::uint8_t>(1 + width)};
  };
  const auto scalar = [&](opcode code, kind made, std::size_t width, std::uint64_t smallest = 0) {
    add(code, {0, 0, made, no_flags}, width, smallest, false);
  };
  const auto empty = [&](opcode code, kind made, unsigned flags) {
    add(code, {0, 1, made, static_cast<std::uint8_t>(flags)}, 0, 0, false);
  };
  const auto characters = [&](opcode code, kind made, std::size_t width, std::uint64_t smallest) {
    add(code, {0, 0, made, no_flags}, width, smallest, true);
  };
  scalar(opcode::none, kind::none, 0);
  scalar(opcode::newtrue, kind::boolean, 0);
  scalar(opcode::newfalse, kind::boolean, 0);
  scalar(opcode::binint1, kind::integer, 1);
  scalar(opcode::binint2, kind::integer, 2, 0x100);
  scalar(opcode::binint, kind::integer, 4, 0x10000);
  scalar(opcode::binfloat, kind::real, 8);
  empty(opcode::empty_tuple, kind::tuple, no_flags);
  empty(opcode::empty_list, kind::list, unhashable);
  empty(opcode::empty_dict, kind::dict, unhashable);
  empty(opcode::empty_set, kind::set, unhashable);
  characters(opcode::short_binunicode, kind::str, 1, 0);
  characters(opcode::binunicode, kind::str, 4, 0x100);
  characters(opcode::binunicode8, kind::str, 8, 0x100000000);
  characters(opcode::short_binbytes, kind::bytes, 1, 0);
  characters(opcode::binbytes, kind::bytes, 4, 0x100);
  characters(opcode::binbytes8, kind::bytes, 8, 0x100000000);
  return leaves;
}

// The last bytes of a message are read from a copy with room behind it. For every opcode before
// them a number of eight bytes, and the sixteen bytes that are copied at once, lie within the
// message, so that neither needs a check.
bool compactor::move_to_tail() noexcept {
  const std::size_t size = left();
  if (is_in_tail_ || size == 0) return false;
  is_in_tail_ = true;
  std::memcpy(tail_.data(), at_, size);
  at_ = tail_.data();
  end_ = at_ + size;
  guard_ = end_ - 1;
  return true;
}

// The opcodes that push a leaf, MEMOIZE and MARK, which are most of a message, are handled here
// with the members that they need in registers; read_opcode() handles all others.
bool compactor::read_opcodes() {
  static constexpr std::array<leaf, 256> leaves = make_leaves();
  const std::byte* at = at_;
  const std::byte* end = end_;
  const std::byte* guard = guard_;
  std::byte* out = out_;
  std::byte* base = scratch();
  item* top = stack_.end();
  item* top_limit = stack_.limit();
  for (;;) {
    if (at > guard) [[unlikely]] {
      at_ = at;
      if (!move_to_tail()) return false;
      at = at_;
      end = end_;
      guard = guard_;
    }
    const auto code = static_cast<opcode>(*at);
    const leaf& l = leaves[static_cast<std::size_t>(code)];
    if (l.size != 0) {
      const std::uint64_t number = load_little_endian(at + 1, 8) & l.mask;
      const std::uint64_t characters = number & l.counted;
      const auto available = static_cast<std::size_t>(end - at);
      if (number < l.smallest || characters > available) return false;
      const std::size_t size = l.size + characters;
      if (size > available) return false;
      if (top == top_limit) [[unlikely]] {
        stack_.set_end(top);
        if (!stack_.make_room()) return false;
        top = stack_.end();
        top_limit = stack_.limit();
      }
      item made = l.item;
      made.start = static_cast<std::uint32_t>(out - base);
      if (made.kind == kind::str) {
        const std::byte* const text = at + l.size;
        if (!(characters <= 16 && is_short_ascii(text, characters)) &&
            !is_utf8(as_text({text, characters}))) {
          return false;
        }
      } else if (made.kind == kind::real && is_nan(number)) {
        made.flags = opaque_equality;
      }
      std::size_t written = size;
      std::memcpy(out, at, 16);
      if (size > 16) [[unlikely]] {
        if (size >= referred_size) {
          if (!edits_.push({made.start, none, {at, size}})) return false;
          made.flags |= referred;
          *out = static_cast<std::byte>(opcode::binget);
          written = 1;
        } else if (size <= 32 && available >= 32) {
          std::memcpy(out + 16, at + 16, 16);
        } else {
          std::memcpy(out, at, size);
        }
      }
      out += written;
      at += size;
      *top++ = made;
      if (at <= guard && static_cast<opcode>(*at) == opcode::memoize && memo_is_plain_) {
        if (!definitions_.push({made, static_cast<std::uint32_t>(out - base), 0})) return false;
        ++at;
      }
      continue;
    }
    ++at;
    if (code == opcode::mark) {
      const auto items = static_cast<std::uint32_t>(top - stack_.begin());
      fence_ = items;
      if (!marks_.push({static_cast<std::uint32_t>(out - base), items})) return false;
      *out++ = static_cast<std::byte>(opcode::mark);
      continue;
    }
    at_ = at;
    out_ = out;
    stack_.set_end(top);
    if (code == opcode::stop) return stack_.size() == 1 && marks_.empty();
    if (!read_opcode(code)) return false;
    at = at_;
    out = out_;
    base = scratch();
    top = stack_.end();
    top_limit = stack_.limit();
  }
}

// The depth and the flags that the items from `first` on give to what they are put into.
[[gnu::always_inline]] inline compactor::item compactor::summary(std::size_t first) const noexcept {
  item s{0, 0, kind::none, no_flags};
  for (const item* i = stack_.begin() + first; i != stack_.end(); ++i) {
    s.depth = std::max(s.depth, i->depth);
    s.flags |= i->flags;
  }
  return s;
}

// One value takes the place of the items from `first` on.
[[gnu::always_inline]] inline bool compactor::replace(std::size_t first, std::uint32_t start,
                                                      opcode code, kind made, unsigned added) {
  const item s = summary(first);
  if (s.depth >= max_depth_) return false;
  const unsigned kept = made == kind::tuple ? inherited | unhashable : inherited;
  write(code);
  stack_.truncate(first);
  return stack_.push({start, static_cast<std::uint16_t>(s.depth + 1), made,
                      static_cast<std::uint8_t>((s.flags & kept) | added)});
}

bool compactor::hashable(std::size_t first, std::size_t step) const noexcept {
  for (std::size_t i = first; i < stack_.size(); i += step) {
    if (stack_[i].flags & unhashable) return false;
  }
  return true;
}

// Notes where the items from `first` on lie, if their container is one that will be cut. `fresh`
// says that the container is being made of them, and did not exist before.
[[gnu::always_inline]] inline bool compactor::note_slots(std::size_t container, std::size_t first,
                                                         std::uint32_t start, bool fresh) {
  if (container - watched_ >= watched_count_) return true;
  contents& noted = contents_[container - watched_];
  if (fresh || noted.container != start) noted.slots.truncate(0);
  noted.container = start;
  for (std::size_t i = first; i != stack_.size(); ++i) {
    const item& one = stack_[i];
    const std::uint32_t end = i + 1 == stack_.size() ? offset() : stack_[i + 1].start;
    if (!noted.slots.push({one.start, end, one.kind, one.flags, one.depth})) return false;
  }
  return true;
}

inline bool compactor::make_tuple(std::size_t count, opcode code) {
  if (available() < count) return false;
  const std::size_t first = stack_.size() - count;
  return make_tuple_of(first, stack_[first].start, code, kind::tuple);
}

inline bool compactor::make_marked(opcode code, kind made) {
  mark popped;
  if (!pop_mark(popped)) return false;
  if (popped.items == 0 && watched_ != 0) return made == kind::tuple && end_request();
  if (made == kind::tuple ? popped.items == stack_.size() : !hashable(popped.items, 1))
    return false;
  return make_tuple_of(popped.items, popped.start, code, made);
}

// The items of a request stay on the stack, to be looked at; nothing but STOP follows. False, so
// that no more opcodes are read.
bool compactor::end_request() {
  if (left() != 0 && static_cast<opcode>(*at_) == opcode::memoize) ++at_;
  request_has_ended_ = stack_.size() == 4 && summary(0).depth < max_depth_ && left() != 0 &&
                       static_cast<opcode>(*at_) == opcode::stop;
  return false;
}

[[gnu::always_inline]] inline bool compactor::make_tuple_of(std::size_t first, std::uint32_t start,
                                                            opcode code, kind made) {
  return note_slots(first, first, start, true) && replace(first, start, code, made, no_flags);
}

inline bool compactor::fill_single(opcode code, kind made, std::size_t parts) {
  return available() > parts && fill(stack_.size() - parts, code, made, parts);
}

inline bool compactor::fill_marked(opcode code, kind made, std::size_t parts) {
  mark popped;
  return pop_mark(popped) && popped.items > fence_ && fill(popped.items, code, made, parts);
}

// The items from `first` on go into the container below them, `parts` at a time.
[[gnu::always_inline]] inline bool compactor::fill(std::size_t first, opcode code, kind made,
                                                   std::size_t parts) {
  item& container = stack_[first - 1];
  if (container.kind != made && container.kind != kind::instance) return false;
  if ((container.flags & fetched) != 0 || (stack_.size() - first) % parts != 0) return false;
  const bool hashes = container.kind == kind::dict || container.kind == kind::set;
  if (hashes && !hashable(first, parts)) return false;
  if (!note_slots(first - 1, first, container.start, false)) return false;
  const item s = summary(first);
  if (s.depth >= max_depth_) return false;
  container.depth =
      std::max<std::uint16_t>(container.depth, static_cast<std::uint16_t>(s.depth + 1));
  container.flags |= s.flags & inherited;
  stack_.truncate(first);
  write(code);
  return true;
}

// The names of a global are written where it stands, so that it can be copied as a whole.
bool compactor::spell_out(std::size_t first) {
  const std::uint32_t starts[] = {stack_[first].start, stack_[first + 1].start, offset()};
  std::string names[2];
  for (std::size_t i = 2; i-- != 0;) {
    if (stack_[first + i].flags & fetched) {
      names[i] = as_text(bytes_of(definitions_[edits_.back().definition]));
      edits_.truncate(edits_.size() - 1);
    } else {
      names[i] = as_text({scratch() + starts[i], starts[i + 1] - starts[i]});
    }
  }
  out_ = scratch() + starts[0];
  if (!reserve(names[0].size() + names[1].size())) return false;
  for (std::size_t i = 0; i != 2; ++i) {
    stack_[first + i].start = offset();
    std::memcpy(out_, names[i].data(), names[i].size());
    out_ += names[i].size();
  }
  // A name that was memoised here has moved.
  for (definition* d = definitions_.end();
       d-- != definitions_.begin() && d->defined.start >= starts[1];) {
    d->defined.start = stack_[first + 1].start;
    d->put = offset();
  }
  return true;
}

std::string_view compactor::text(std::uint32_t start) const noexcept {
  return text_at(scratch() + start);
}

bool compactor::stack_global() {
  if (available() < 2) return false;
  const std::size_t first = stack_.size() - 2;
  const item& module = stack_[first];
  const item& name = stack_[first + 1];
  if (module.kind != kind::str || name.kind != kind::str) return false;
  if ((module.flags | name.flags) & referred) return false;
  if (((module.flags | name.flags) & fetched) != 0 && !spell_out(first)) return false;
  const global_name called{text(module.start), text(name.start)};
  unsigned flags = opaque_equality;
  if (has_proxies_ && called.name == "RebuildProxy" && called.module == "multiprocessing.managers")
    flags |= made_native;
  if (is_native_callable(called)) flags |= made_native;
  if (detail::makes_ticket(called)) flags |= makes_ticket;
  const std::uint32_t start = module.start;
  stack_.truncate(first);
  write(opcode::stack_global);
  return stack_.push({start, 0, kind::global, static_cast<std::uint8_t>(flags)});
}

unsigned compactor::flags_of_call(const item& callable) noexcept {
  return (callable.flags & makes_ticket) != 0 ? opaque_equality | holds_ticket
                                              : unsigned{opaque_equality};
}

// REDUCE, NEWOBJ, NEWOBJ_EX
bool compactor::call(std::size_t parts, opcode code) {
  if (available() < parts) return false;
  const std::size_t first = stack_.size() - parts;
  const item callable = stack_[first];
  if (!may_be_called(callable.kind) || stack_[first + 1].kind != kind::tuple) return false;
  if (parts == 3 && stack_[first + 2].kind != kind::dict) return false;
  if (code == opcode::reduce && (callable.flags & made_native) != 0) return false;
  return replace(first, callable.start, code, kind::instance, flags_of_call(callable));
}

bool compactor::obj() {
  mark popped;
  if (!pop_mark(popped) || popped.items == stack_.size()) return false;
  const std::size_t first = popped.items;
  if (!may_be_called(stack_[first].kind)) return false;
  // The arguments become a tuple, which is one level more.
  for (std::size_t i = first; i != stack_.size(); ++i) {
    if (stack_[i].depth >= max_depth_) return false;
  }
  stack_[first].depth = static_cast<std::uint16_t>(summary(first).depth + 1);
  return replace(first, popped.start, opcode::obj, kind::instance, flags_of_call(stack_[first]));
}

bool compactor::build() {
  if (available() < 2) return false;
  item& object = stack_[stack_.size() - 2];
  if (object.kind != kind::instance || (object.flags & fetched) != 0) return false;
  const item s = summary(stack_.size() - 1);
  if (s.depth >= max_depth_) return false;
  object.depth = std::max<std::uint16_t>(object.depth, static_cast<std::uint16_t>(s.depth + 1));
  object.flags |= s.flags & inherited;
  stack_.truncate(stack_.size() - 1);
  write(opcode::build);
  return true;
}

bool compactor::has_room_for(std::size_t size) const noexcept {
  return size <= max_memory_ && memory_ <= max_memory_ - size;
}

void compactor::account(const frozen& result) noexcept {
  memory_ += result.memory();
}

frozen::traits compactor::traits_of(const slot& s) const noexcept {
  frozen::traits about;
  about.kind = s.kind;
  about.opaque_equality = (s.flags & opaque_equality) != 0;
  about.uses_protocol_5 = (s.flags & uses_protocol_5) != 0;
  return about;
}

// The first edit at this offset of the scratch, or after it.
const compactor::edit* compactor::first_edit(std::uint32_t offset) const noexcept {
  return std::lower_bound(edits_.begin(), edits_.end(), offset,
                          [](const edit& e, std::uint32_t wanted) { return e.offset < wanted; });
}

// The bytes of the slot become a run of their own.
compactor::verdict compactor::cut(const slot& s, frozen& result) {
  if (kept_ != nullptr && s.start <= kept_->offset && kept_->offset < s.end) {
    kept_slot_ = s;
    kept_result_ = &result;
    return verdict::good;
  }
  const bytes_view bytes(scratch() + s.start, s.end - s.start);
  memory_ += sizeof(frozen);
  if (!has_room_for(bytes.size())) return verdict::too_large;
  if (s.flags & fetched) return cut_fetched(s, result);
  if ((is_scalar(s.kind) && (s.flags & referred) == 0) ||
      (s.kind == kind::tuple && bytes.size() == 1)) {
    result = frozen::block(bytes, traits_of(s));
    account(result);
    return verdict::good;
  }
  const edit* const first = first_edit(s.start);
  const edit* const last = first_edit(s.end);
  if (first != last) return assemble(s, first, last, result);
  std::byte* run;
  result = frozen::unfilled_block(bytes.size(), traits_of(s), {}, run);
  std::memcpy(run, bytes.data(), bytes.size());
  account(result);
  return verdict::good;
}

// A slot that is nothing but a GET: leaves and globals are written again, what has an identity is
// left to those who can make two slots share it.
compactor::verdict compactor::cut_fetched(const slot& s, frozen& result) {
  const definition& d = definitions_[first_edit(s.start)->definition];
  if (!may_be_copied(d)) return verdict::by_value;
  const bytes_view bytes = bytes_of(d);
  copied_ += bytes.size();
  if (copied_ > message_size_ + copying_allowance) return verdict::by_value;
  if (!has_room_for(bytes.size())) return verdict::too_large;
  result = frozen::block(bytes, traits_of(s));
  account(result);
  return verdict::good;
}

// Makes the edits that lie in the slot.
compactor::verdict compactor::assemble(const slot& s, const edit* first, const edit* last,
                                       frozen& result) {
  frozen::traits about = traits_of(s);
  return plan(s, first, last, about) ? write_planned(s, about, result) : verdict::by_value;
}

// The planned run, as a block of its own.
compactor::verdict compactor::write_planned(const slot& s, const frozen::traits& about,
                                            frozen& result) {
  const std::size_t size = planned_size(s, s.end);
  if (!has_room_for(size)) return verdict::too_large;
  std::byte* run;
  result = frozen::unfilled_block(size, about, {}, run);
  write_steps(s, run);
  account(result);
  return verdict::good;
}

// The characters that most of `memory` consists of; nullptr where there are none.
const compactor::edit* compactor::largest_edit(const buffer& memory) const noexcept {
  const auto* const found = std::find_if(edits_.begin(), edits_.end(), [&](const edit& e) {
    return e.characters.size() > memory.capacity() / 4 * 3;
  });
  return found == edits_.end() ? nullptr : found;
}

// The kept characters stay where they were received, and the rest of their run is written around
// them, over what nobody needs any more: all other slots are cut before.
//
//   memory   ( ident method X  } MARK key [B | n | characters] MEMOIZE MEMOIZE u … TUPLE STOP
//   run                      } MARK key   [B | n | characters] u STOP
compactor::verdict compactor::cut_kept(buffer& memory) {
  const slot& s = kept_slot_;
  const edit* const first = first_edit(s.start);
  const edit* const last = first_edit(s.end);
  const bool alone =
      std::count_if(first, last, [](const edit& e) { return e.definition == none; }) == 1;
  frozen::traits about = traits_of(s);
  if (!plan(s, first, last, about)) return verdict::by_value;
  const std::size_t size = planned_size(s, s.end);
  const std::size_t before = planned_size(s, kept_->offset);
  const auto at = static_cast<std::size_t>(kept_->characters.data() - memory.data());
  if (!alone || before > at || at - before + size >= memory.capacity() ||
      !has_room_for(memory.capacity()))
    return write_planned(s, about, *kept_result_);
  write_steps(s, memory.data() + (at - before));
  *kept_result_ = frozen::within(std::move(memory), at - before, size, about);
  account(*kept_result_);
  return verdict::good;
}

// Says how the slot's run is to be written. Memo numbers are given in the order of the first GETs.
// False where that cannot be done in one pass.
bool compactor::plan(const slot& s, const edit* first, const edit* last, frozen::traits& about) {
  steps_.clear();
  uses_.clear();
  for (const edit* e = first; e != last; ++e) {
    if (e->definition == none) {
      steps_.push_back({e->offset, none, step::form::characters, e->characters});
    } else if (!plan_get(s, e->offset, e->definition, about)) {
      return false;
    }
  }
  for (const use& u : uses_) {
    if (u.copy == none) {
      steps_.push_back({definitions_[u.definition].put, u.number, step::form::put, {}});
    }
  }
  // A PUT belongs to what ends where it stands, and comes before what begins there.
  std::sort(steps_.begin(), steps_.end(), [](const step& a, const step& b) {
    if (a.offset != b.offset) return a.offset < b.offset;
    return a.form != b.form ? a.form < b.form : a.number < b.number;
  });
  return true;
}

// What the slot's run takes before the step at the offset `until`.
std::size_t compactor::planned_size(const slot& s, std::uint32_t until) const noexcept {
  std::size_t size = until - s.start;
  for (const step& one : steps_) {
    if (one.offset >= until && one.form != step::form::put) break;
    size += one.bytes.size();
    if (one.number != none) size += memo_size(one.number);
    if (one.form != step::form::put) --size;
  }
  return size;
}

// A definition within the run gets a PUT, another one is copied in the place of its first GET.
// False where that cannot be done, because the definition has an identity or is not complete.
bool compactor::plan_get(const slot& s, std::uint32_t offset, std::uint32_t number,
                         frozen::traits& about) {
  definition& d = definitions_[number];
  const bool is_known = d.use < uses_.size() && uses_[d.use].definition == number;
  if (is_known) {
    use& u = uses_[d.use];
    if (u.number == none) steps_[u.copy].number = u.number = about.memo_count++;
    steps_.push_back({offset, u.number, step::form::get, {}});
    return true;
  }
  d.use = static_cast<std::uint32_t>(uses_.size());
  if (d.defined.start >= s.start) {
    uses_.push_back({number, about.memo_count, none});
    steps_.push_back({offset, about.memo_count++, step::form::get, {}});
    return true;
  }
  if (!may_be_copied(d)) return false;
  copied_ += d.put - d.defined.start;
  if (copied_ > message_size_ + copying_allowance) return false;
  uses_.push_back({number, none, static_cast<std::uint32_t>(steps_.size())});
  steps_.push_back({offset, none, step::form::copy, bytes_of(d)});
  return true;
}

void compactor::write_steps(const slot& s, std::byte* out) const noexcept {
  const std::byte* in = scratch() + s.start;
  const auto copy = [&](const std::byte* from, std::size_t size) {
    if (size != 0 && from != out) std::memcpy(out, from, size);
    out += size;
  };
  for (const step& one : steps_) {
    const std::byte* const until = scratch() + one.offset;
    copy(in, static_cast<std::size_t>(until - in));
    in = one.form == step::form::put ? until : until + 1;
    copy(one.bytes.data(), one.bytes.size());
    if (one.number == none) continue;
    out += one.form == step::form::get ? write_get(out, one.number) : write_put(out, one.number);
  }
  copy(in, static_cast<std::size_t>(scratch() + s.end - in));
}

// The slots of the container that begins there; none if nothing ever went into it.
compactor::verdict compactor::cut_all(const contents& watched, std::uint32_t container,
                                      std::vector<frozen>& results) {
  if (watched.container != container) return verdict::good;
  results.reserve(watched.slots.size());
  for (const slot& s : watched.slots) {
    const std::size_t size = s.end - s.start;
    if (is_scalar(s.kind) && (s.flags & (fetched | referred)) == 0 &&
        size <= frozen::inline_capacity && has_room_for(sizeof(frozen))) {
      memory_ += sizeof(frozen);
      results.push_back(frozen::leaf({scratch() + s.start, size}));
    } else if (const verdict v = cut(s, results.emplace_back()); v != verdict::good) {
      return v;
    }
  }
  return verdict::good;
}

compactor::verdict compactor::cut_kwds(frozen_request& request) {
  const flat_vector<slot>& pairs = contents_[1].slots;
  request.kwds.reserve(pairs.size() / 2);
  for (std::size_t i = 0; i != pairs.size(); i += 2) {
    const slot& name = pairs[i];
    if (name.kind != kind::str || (name.flags & (fetched | referred)) != 0) {
      return verdict::by_value;
    }
    const std::string_view keyword = text(name.start);
    // A dict that has a key twice is none of CPython's.
    for (std::size_t j = 0; j != i; j += 2) {
      if (j == most_keywords || text(pairs[j].start) == keyword) return verdict::by_value;
    }
    auto& kwd = request.kwds.emplace_back(keyword, frozen());
    if (const verdict v = cut(pairs[i + 1], kwd.second); v != verdict::good) return v;
  }
  return verdict::good;
}

compactor::verdict compactor::compact_request(bytes_view message, const freeze_options& options,
                                              frozen_request& request, buffer* memory) {
  start(message, options);
  watched_ = 2;
  watched_count_ = 2;
  request_has_ended_ = false;
  if (!read_header()) return verdict::by_value;
  static_cast<void>(read_opcodes());
  if (!request_has_ended_) return verdict::by_value;
  const item& ident = stack_[0];
  const item& method = stack_[1];
  const item& args = stack_[2];
  const item& kwds = stack_[3];
  if ((ident.kind != kind::none && ident.kind != kind::str) || method.kind != kind::str ||
      ((ident.flags | method.flags) & (fetched | referred)) != 0 ||
      (args.kind != kind::tuple && args.kind != kind::list) || kwds.kind != kind::dict ||
      ((args.flags | kwds.flags) & fetched) != 0) {
    return verdict::by_value;
  }
  request.ident = ident.kind == kind::none ? std::string_view() : text(ident.start);
  request.method = text(method.start);
  request.holds_ticket = ((args.flags | kwds.flags) & holds_ticket) != 0;
  request.args.clear();
  request.kwds.clear();
  if (memory != nullptr && memory->capacity() != 0) kept_ = largest_edit(*memory);
  verdict v = cut_all(contents_[0], args.start, request.args);
  if (v == verdict::good && contents_[1].container == kwds.start) v = cut_kwds(request);
  if (v == verdict::good && kept_result_ != nullptr) v = cut_kept(*memory);
  return v;
}

compactor::verdict compactor::compact_value(bytes_view message, const freeze_options& options,
                                            frozen& result) {
  start(message, options);
  watched_ = watched_count_ = 0;
  if (!read_header() || !read_opcodes()) return verdict::by_value;
  const item& top = stack_[0];
  return cut({0, offset(), top.kind, top.flags, top.depth}, result);
}

compactor::verdict compactor::compact_slots(const frozen& container, const freeze_options& options,
                                            std::vector<frozen>& slots) {
  start(container.run_and_stop(), options);
  max_depth_ = value_view::deepest - 1;
  has_proxies_ = false;
  watched_ = 0;
  watched_count_ = 1;
  if (left() >= none / 2 || !read_opcodes()) return verdict::by_value;
  return cut_all(contents_[0], stack_[0].start, slots);
}

}  // namespace pickled::inline v0::detail
