#include "frozen/scanner.hpp"

#include "pickle/codec/opcode.hpp"
#include "pickle/value/scalar.hpp"
#include "pickle/value/utf8.hpp"

#include <algorithm>
#include <numeric>

namespace pickled {

namespace {

// What the vectors need for the shortest opcodes: an item, or a PUT and its definition.
constexpr std::size_t memory_per_entry = sizeof(stack_item) + sizeof(edit) + sizeof(definition);

constexpr std::uint64_t high_bits = 0x8080808080808080;

// Of a text of at most 16 characters; eight bytes are readable at `at`.
bool is_short_ascii(const std::byte* at, std::size_t size) noexcept {
  const std::uint64_t first = load_little_endian(at, 8);
  if (size >= 8) return ((first | load_little_endian(at + size - 8, 8)) & high_bits) == 0;
  return (first & high_bits & ((std::uint64_t{1} << 8 * size) - 1)) == 0;
}

}  // namespace

bool scanner::scan(bytes_view message, const options& chosen, message_map& map) {
  const std::size_t max_entries =
      std::min<std::size_t>(chosen.max_memory / memory_per_entry, no_definition);
  map.restart(message, max_entries);
  map_ = &map;
  options_ = &chosen;
  max_depth_ = std::min<std::size_t>(chosen.max_depth, value_view::deepest - 1);
  watched_ = chosen.shape == shape::request ? 2 : 0;
  watched_count_ = chosen.shape == shape::request ? 2 : chosen.shape == shape::slots ? 1 : 0;
  begin_ = at_ = message.data();
  end_ = begin_ + message.size();
  stack_.restart(max_entries);
  marks_.restart(max_entries);
  memo_.clear();
  memo_count_ = 0;
  memo_is_plain_ = true;
  fence_ = 0;
  lost_flags_ = no_flags;
  return (!chosen.whole_pickle || read_header()) && read_opcodes();
}

std::size_t scanner::bytes() const noexcept {
  return stack_.bytes() + marks_.bytes() + memo_.capacity() * sizeof memo_[0];
}

bool scanner::read_header() {
  if (end_ - at_ < 2 || at_[0] != std::byte{0x80}) return false;
  if (at_[1] != std::byte{4} && at_[1] != std::byte{5}) return false;
  at_ += 2;
  return map_->edits.push({0, 0, 2, edit::what::skip});
}

[[gnu::always_inline]] inline bool scanner::read_size(std::size_t width,
                                                      std::uint64_t& size) noexcept {
  if (static_cast<std::size_t>(end_ - at_) < width) return false;
  size = load_little_endian(at_, width);
  at_ += width;
  return true;
}

inline bool scanner::skip_operand(std::uint64_t size) noexcept {
  if (static_cast<std::uint64_t>(end_ - at_) < size) return false;
  at_ += size;
  return true;
}

// Shorter opcodes exist for what the longer ones could hold too; CPython never writes those.
inline bool scanner::push_integer(std::uint64_t here, std::size_t width) {
  std::uint64_t number;
  if (!read_size(width, number)) return false;
  if (width == 2 && number <= 0xff) return false;
  if (width == 4 && number <= 0xffff) return false;
  return push(here, kind::integer);
}

[[gnu::always_inline]] inline bool scanner::push_characters(std::uint64_t here, kind what,
                                                            std::size_t width) {
  std::uint64_t size;
  if (!read_size(width, size)) return false;
  if (width == 4 && size <= 0xff) return false;
  if (width == 8 && size <= 0xffffffff) return false;
  const std::byte* text = at_;
  if (!skip_operand(size)) return false;
  if (what == kind::str && !(size <= 16 && end_ - text >= 8 && is_short_ascii(text, size)) &&
      !is_utf8(as_text({text, at_}))) {
    return false;
  }
  return push(here, what);
}

// A PUT that is no MEMOIZE, or does not follow what it names at once.
bool scanner::put(std::uint64_t here, std::size_t length, std::uint64_t index) {
  if (available() == 0) return false;
  stack_item& top = stack_.back();
  if (top.flags & fetched) return false;
  top.definition = static_cast<std::uint32_t>(map_->definitions.size());
  return define(here, length, index, top);
}

bool scanner::put(std::uint64_t here, std::size_t width) {
  std::uint64_t index;
  return read_size(width, index) && put(here, 1 + width, index);
}

[[gnu::always_inline]] inline bool scanner::get(std::uint64_t here, std::size_t width) {
  std::uint64_t index;
  if (!read_size(width, index)) return false;
  if (index >= (memo_is_plain_ ? map_->definitions.size() : memo_.size())) return false;
  const std::uint32_t number = memo_is_plain_ ? static_cast<std::uint32_t>(index) : memo_[index];
  if (number == no_definition) return false;
  const definition& d = map_->definitions[number];
  const auto flags = d.flags | fetched;
  const auto length = static_cast<std::uint16_t>(1 + width);
  return stack_.push({here, number, d.depth, d.kind, flags}) &&
         map_->edits.push({here, number, length, edit::what::get});
}

bool scanner::read_opcodes() {
  bool good = true;
  while (good && at_ != end_) {
    const auto here = static_cast<std::uint64_t>(at_ - begin_);
    switch (static_cast<opcode>(*at_++)) {
      case opcode::stop: return finish(here);
      case opcode::none: good = push(here, kind::none); break;
      case opcode::newtrue:
      case opcode::newfalse: good = push(here, kind::boolean); break;
      case opcode::binint1: good = push_integer(here, 1); break;
      case opcode::binint2: good = push_integer(here, 2); break;
      case opcode::binint: good = push_integer(here, 4); break;
      case opcode::long1: good = push_long(here, 1); break;
      case opcode::long4: good = push_long(here, 4); break;
      case opcode::binfloat: good = push_real(here); break;
      case opcode::short_binunicode: good = push_characters(here, kind::str, 1); break;
      case opcode::binunicode: good = push_characters(here, kind::str, 4); break;
      case opcode::binunicode8: good = push_characters(here, kind::str, 8); break;
      case opcode::short_binbytes: good = push_characters(here, kind::bytes, 1); break;
      case opcode::binbytes: good = push_characters(here, kind::bytes, 4); break;
      case opcode::binbytes8: good = push_characters(here, kind::bytes, 8); break;
      case opcode::bytearray8: good = push_bytearray(here); break;
      case opcode::empty_tuple: good = push(here, kind::tuple, 1); break;
      case opcode::empty_list: good = push(here, kind::list, 1, unhashable); break;
      case opcode::empty_dict: good = push(here, kind::dict, 1, unhashable); break;
      case opcode::empty_set: good = push(here, kind::set, 1, unhashable); break;
      case opcode::memoize: good = put(here, 1, memo_count_); break;
      case opcode::binput: good = put(here, 1); break;
      case opcode::long_binput: good = put(here, 4); break;
      case opcode::binget: good = get(here, 1); break;
      case opcode::long_binget: good = get(here, 4); break;
      case opcode::mark:
        good = marks_.push({here, stack_.size()});
        fence_ = stack_.size();
        break;
      case opcode::tuple1: good = make_tuple(here, 1); break;
      case opcode::tuple2: good = make_tuple(here, 2); break;
      case opcode::tuple3: good = make_tuple(here, 3); break;
      case opcode::tuple: good = make_marked_tuple(here); break;
      case opcode::frozenset: good = make_frozenset(here); break;
      case opcode::append: good = fill_single(here, kind::list, 1); break;
      case opcode::setitem: good = fill_single(here, kind::dict, 2); break;
      case opcode::appends: good = fill_marked(here, kind::list, 1); break;
      case opcode::setitems: good = fill_marked(here, kind::dict, 2); break;
      case opcode::additems: good = fill_marked(here, kind::set, 1); break;
      case opcode::ext1: good = push_extension(here, 1); break;
      case opcode::ext2: good = push_extension(here, 2); break;
      case opcode::ext4: good = push_extension(here, 4); break;
      case opcode::stack_global: good = stack_global(here); break;
      case opcode::reduce: good = reduce(here); break;
      case opcode::newobj: good = newobj(here, false); break;
      case opcode::newobj_ex: good = newobj(here, true); break;
      case opcode::obj: good = obj(here); break;
      case opcode::build: good = build(here); break;
      case opcode::pop: good = pop(); break;
      case opcode::pop_mark: good = pop_to_mark(); break;
      case opcode::frame: good = skip_frame(here); break;
      case opcode::binpersid: good = push_proxy(here); break;
      default: return false;
    }
  }
  return false;
}

bool scanner::finish(std::uint64_t here) {
  if (stack_.size() != 1 || !marks_.empty()) return false;
  map_->top = slot(stack_[0], here);
  map_->top.flags |= lost_flags_;
  return true;
}

bool scanner::push_long(std::uint64_t here, std::size_t width) {
  std::uint64_t size;
  if (!read_size(width, size) || size < 5 || size > 0x7fffffff) return false;
  if (width == 4 && size <= 0xff) return false;
  const std::byte* number = at_;
  if (!skip_operand(size)) return false;
  const std::byte top = number[size - 1];
  const bool negative = (number[size - 2] & std::byte{0x80}) != std::byte{0};
  if (top == (negative ? std::byte{0xff} : std::byte{0})) return false;
  return push(here, size <= 8 ? kind::integer : kind::big_integer);
}

bool scanner::push_real(std::uint64_t here) {
  if (!skip_operand(8)) return false;
  // Big-endian: NaN has all bits of the exponent, and one more.
  const std::byte* number = at_ - 8;
  const bool special =
      (number[0] & std::byte{0x7f}) == std::byte{0x7f} && number[1] >= std::byte{0xf0};
  const bool infinite = number[1] == std::byte{0xf0} &&
                        std::all_of(number + 2, at_, [](std::byte b) { return b == std::byte{0}; });
  return push(here, kind::real, 0, special && !infinite ? opaque_equality : no_flags);
}

bool scanner::push_bytearray(std::uint64_t here) {
  std::uint64_t size;
  if (!read_size(8, size) || !skip_operand(size)) return false;
  return push(here, kind::bytearray, 0, unhashable | uses_protocol_5);
}

bool scanner::push_extension(std::uint64_t here, std::size_t width) {
  std::uint64_t code;
  return read_size(width, code) && code != 0 && code <= 0x7fffffff &&
         push(here, kind::extension, 0, opaque_equality);
}

// A persistent id that this process wrote: the number of a proxy.
bool scanner::push_proxy(std::uint64_t here) {
  if (available() == 0) return false;
  stack_item& item = stack_.back();
  if (item.kind != kind::integer || item.definition != no_definition) return false;
  const std::byte* number = begin_ + item.start;
  const std::uint64_t index = load_little_endian(number + 1, leaf_size(number) - 1);
  if (index >= options_->proxies.size()) return false;
  if (!map_->edits.empty() && map_->edits.back().offset >= item.start) return false;
  const auto replacements = static_cast<std::uint32_t>(map_->replacements.size());
  if (!map_->edits.push({item.start, replacements, 0, edit::what::replace})) return false;
  map_->replacements.push_back({item.start, here + 1, options_->proxies[index], {}});
  item.kind = kind::proxy;
  item.flags = opaque_equality;
  return true;
}

bool scanner::skip_frame(std::uint64_t here) {
  std::uint64_t size;
  if (!read_size(8, size) || static_cast<std::uint64_t>(end_ - at_) < size) return false;
  return map_->edits.push({here, 0, 9, edit::what::skip});
}

// Keeps the memo where its numbers are not those of the definitions.
bool scanner::remember(std::uint64_t index, std::uint32_t number) {
  // A memo wider than its pickle is none of CPython's, and would cost more than its bytes.
  if (index > map_->message.size()) return false;
  if (memo_is_plain_) {
    memo_.resize(map_->definitions.size());
    std::iota(memo_.begin(), memo_.end(), 0U);
    memo_is_plain_ = false;
  }
  if (index >= memo_.size()) memo_.resize(index + 1, no_definition);
  if (memo_[index] == no_definition) ++memo_count_;
  memo_[index] = number;
  return true;
}

}  // namespace pickled
