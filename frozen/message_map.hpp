// What one parse of a pickle finds out: where each value on the unpickler's stack begins and ends,
// and which bytes are not copied as they stand (memo opcodes, frames, proxies).

#ifndef PICKLED_FROZEN_MESSAGE_MAP_HPP
#define PICKLED_FROZEN_MESSAGE_MAP_HPP

#include "frozen/frozen.hpp"
#include "pickle/value/buffer.hpp"
#include "pickle/value/flat_vector.hpp"
#include "pickle/value/value.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace pickled {

// What a run contains that its holder wants to know. A container has the flags of its items.
enum item_flags : std::uint8_t {
  no_flags = 0,
  opaque_equality = 1,
  uses_protocol_5 = 2,
  unhashable = 4,      // list, dict, set, bytearray, or a tuple with one of them
  fetched = 8,         // pushed by GET
  rebuilds_proxy = 16  // the global multiprocessing.managers.RebuildProxy
};

constexpr item_flags operator|(item_flags a, item_flags b) noexcept {
  return static_cast<item_flags>(int{a} | int{b});
}
constexpr item_flags operator&(item_flags a, item_flags b) noexcept {
  return static_cast<item_flags>(int{a} & int{b});
}
constexpr item_flags& operator|=(item_flags& a, item_flags b) noexcept {
  return a = a | b;
}
constexpr item_flags& operator&=(item_flags& a, item_flags b) noexcept {
  return a = a & b;
}

inline constexpr std::uint32_t no_definition = 0xffffffff;

// One value on the stack. Its opcodes begin at `start`, and end where the next item begins or where
// the opcode that consumes it stands: a list is memoised while it is empty.
struct stack_item {
  std::uint64_t start;
  std::uint32_t definition;  // its PUT; of a fetched item, the one that the GET means
  std::uint16_t depth;
  pickled::kind kind;
  item_flags flags;
};
static_assert(sizeof(stack_item) == 16);

// A stack item whose end is known. (Not one record in the other: what was just stored in two
// halves is slow to load as a whole.)
struct slot {
  std::uint64_t start;
  std::uint64_t end;
  std::uint32_t definition;
  std::uint16_t depth;
  pickled::kind kind;
  item_flags flags;

  slot() = default;
  slot(const stack_item& item, std::uint64_t its_end) noexcept
      : start(item.start),
        end(its_end),
        definition(item.definition),
        depth(item.depth),
        kind(item.kind),
        flags(item.flags) {}
};

// A PUT and the item on top of the stack at that time. A PUT to the same number makes another one.
struct definition {
  static constexpr std::uint32_t outputs = 0x7fffffff;

  std::uint64_t start;
  std::uint64_t end;              // 0 until it is consumed
  std::uint32_t written_in : 31;  // the last output that has this PUT; they count from 1
  std::uint32_t is_fetched : 1;   // in that output
  std::uint32_t number;           // the memo number in that output
  std::uint32_t result;           // 1 + the number of the result that is this item, or 0
  std::uint16_t depth;
  pickled::kind kind;
  item_flags flags;
};
static_assert(sizeof(definition) == 32);

// Bytes of the message that a run does not have as they stand.
struct edit {
  enum class what : std::uint8_t { skip, put, get, replace };

  std::uint64_t offset;
  std::uint32_t number;  // of the definition, or of the replacement
  std::uint16_t length;  // a replacement knows its own
  what what;
};
static_assert(sizeof(edit) == 16);

// What stands in a run instead of [start, end): a hole for `proxy`, or else the run `plain`.
struct replacement {
  std::uint64_t start;
  std::uint64_t end;
  std::shared_ptr<const proxy_reference> proxy;
  frozen plain;
};

// A call of RebuildProxy: REDUCE stands at `end` - 1, its argument tuple begins at `arguments`.
struct proxy_call {
  std::uint64_t start;
  std::uint64_t arguments;
  std::uint64_t end;
};

struct message_map {
  bytes_view message;
  slot top{};  // the one value; STOP stands at its end
  // Something is made in one place and changed or dropped in another (POP, or APPEND to a GET), so
  // that the message can be taken as a whole but not cut.
  bool uncuttable = false;

  flat_vector<edit> edits;  // by offset
  flat_vector<definition> definitions;
  std::vector<replacement> replacements;
  std::vector<proxy_call> proxy_calls;

  // The items of the tuple at the bottom of the stack, where it has four.
  std::array<slot, 4> request{};
  bool has_request = false;
  // The items of the container that was watched, and of the one above it.
  struct contents {
    std::uint64_t container = 0;  // its start
    flat_vector<slot> slots;
  };
  std::array<contents, 2> watched;

  // Empties it; from now on it takes no more than `max_entries` of anything.
  void restart(bytes_view pickle, std::size_t max_entries);
  // The memory that it keeps for the next message.
  std::size_t bytes() const noexcept;
  // Where the opcodes are that made the item.
  template <class Item>
  std::uint64_t origin(const Item& item) const noexcept {
    return item.flags & fetched ? definitions[item.definition].start : item.start;
  }
  // The text of a str that begins there, or that was fetched from there.
  std::string_view text(std::uint64_t start) const noexcept;
  std::string_view text(const stack_item& item) const noexcept { return text(origin(item)); }
  std::string_view text(const slot& item) const noexcept { return text(origin(item)); }
};

// The size of the opcode of a leaf, with its operand; `at` must begin a whole canonical one.
std::size_t leaf_size(const std::byte* at) noexcept;

}  // namespace pickled

#endif  // PICKLED_FROZEN_MESSAGE_MAP_HPP
