// The one parse of the freezer: follows a pickle as the unpickler does, builds nothing, and maps
// what it meets. It knows the canonical pickles of protocols 4 and 5, which is what CPython writes;
// at anything else, malformed input included, it gives up, and loads() has the last word.

#ifndef PICKLED_FROZEN_SCANNER_HPP
#define PICKLED_FROZEN_SCANNER_HPP

#include "frozen/message_map.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace pickled {

// Kept between messages for the memory that its vectors have.
class scanner {
 public:
  enum class shape : std::uint8_t {
    value,    // one value, taken as a whole
    slots,    // one container, to be cut into its items
    request,  // a tuple of four, its third and fourth to be cut into their items
  };
  struct options {
    scanner::shape shape = shape::value;
    bool whole_pickle = true;  // from PROTO; else a run with a STOP behind it
    bool find_proxies = false;
    std::size_t max_depth = 0;
    std::size_t max_memory = 0;
    // What the persistent ids 0, 1, … stand for.
    std::span<const std::shared_ptr<const proxy_reference>> proxies;
  };

  // False where the message is not of the sort described above; `map` is unspecified then.
  bool scan(bytes_view message, const options& chosen, message_map& map);
  // The memory that it keeps for the next message.
  std::size_t bytes() const noexcept;

 private:
  struct mark {
    std::uint64_t position;
    std::size_t items;  // on the stack below it
  };
  // What a container learns from its items.
  struct summary {
    std::uint16_t depth;
    item_flags flags;
  };

  bool read_header();
  bool read_opcodes();
  bool finish(std::uint64_t here);

  bool read_size(std::size_t width, std::uint64_t& size) noexcept;
  bool skip_operand(std::uint64_t size) noexcept;
  bool push_item(stack_item item);
  bool push(std::uint64_t start, kind what, std::uint16_t depth = 0, item_flags flags = no_flags) {
    return push_item({start, no_definition, depth, what, flags});
  }
  bool push_integer(std::uint64_t here, std::size_t width);
  bool push_long(std::uint64_t here, std::size_t width);
  bool push_real(std::uint64_t here);
  bool push_characters(std::uint64_t here, kind what, std::size_t width);
  bool push_bytearray(std::uint64_t here);
  bool push_extension(std::uint64_t here, std::size_t width);
  bool push_proxy(std::uint64_t here);
  bool skip_frame(std::uint64_t here);

  std::size_t available() const noexcept { return stack_.size() - fence_; }
  bool pop_mark(mark& popped);
  bool put(std::uint64_t here, std::size_t length, std::uint64_t index);
  bool put(std::uint64_t here, std::size_t width);
  bool define(std::uint64_t here, std::size_t length, std::uint64_t index, const stack_item& item);
  bool get(std::uint64_t here, std::size_t width);
  bool remember(std::uint64_t index, std::uint32_t number);
  summary consume(std::size_t first, std::uint64_t here);
  bool replace(std::size_t first, std::uint64_t start, kind what, const summary& s);
  bool fill(std::size_t first, std::uint64_t here, kind what, std::size_t parts);
  bool hashable(std::size_t first, std::size_t step) const noexcept;

  bool make_tuple(std::uint64_t here, std::size_t count);
  bool make_marked_tuple(std::uint64_t here);
  bool make_tuple_of(std::size_t first, std::uint64_t start, std::uint64_t here);
  bool make_frozenset(std::uint64_t here);
  bool fill_marked(std::uint64_t here, kind what, std::size_t parts);
  bool fill_single(std::uint64_t here, kind what, std::size_t parts);
  bool stack_global(std::uint64_t here);
  bool reduce(std::uint64_t here);
  bool newobj(std::uint64_t here, bool with_kwargs);
  bool obj(std::uint64_t here);
  bool build(std::uint64_t here);
  bool pop();
  bool pop_to_mark();

  bool is_watched(std::size_t container) const noexcept {
    return container - watched_ < watched_count_;
  }
  bool watch(std::size_t container, std::size_t first, std::uint64_t start, std::uint64_t here,
             bool fresh);

  message_map* map_ = nullptr;
  const options* options_ = nullptr;
  std::size_t max_depth_ = 0;
  std::size_t watched_ = 0;        // the stack index of the first container to be cut,
  std::size_t watched_count_ = 0;  // and how many there are
  const std::byte* begin_ = nullptr;
  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  flat_vector<stack_item> stack_;
  flat_vector<mark> marks_;
  std::size_t fence_ = 0;  // items below it lie under a mark
  // The definition of each memo number, as long as they are not simply the same.
  std::vector<std::uint32_t> memo_;
  std::size_t memo_count_ = 0;  // numbers that are defined
  bool memo_is_plain_ = true;
  item_flags lost_flags_ = no_flags;  // of items that were dropped
};

// A PUT of what is, or is about to be, on top.
[[gnu::always_inline]] inline bool scanner::define(std::uint64_t here, std::size_t length,
                                                   std::uint64_t index, const stack_item& item) {
  const auto number = static_cast<std::uint32_t>(map_->definitions.size());
  if ((index != number || !memo_is_plain_) && !remember(index, number)) return false;
  memo_count_ += memo_is_plain_;
  return map_->definitions.push({item.start, 0, 0, 0, 0, 0, item.depth, item.kind, item.flags}) &&
         map_->edits.push({here, number, static_cast<std::uint16_t>(length), edit::what::put});
}

// Together with the MEMOIZE that mostly follows.
[[gnu::always_inline]] inline bool scanner::push_item(stack_item item) {
  if (at_ != end_ && *at_ == std::byte{0x94}) {
    item.definition = static_cast<std::uint32_t>(map_->definitions.size());
    const auto here = static_cast<std::uint64_t>(at_++ - begin_);
    if (!define(here, 1, memo_count_, item)) return false;
  }
  return stack_.push(item);
}

}  // namespace pickled

#endif  // PICKLED_FROZEN_SCANNER_HPP
