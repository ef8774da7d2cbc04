// Writes the runs that a message was mapped into. A run gets every definition that its GETs mean:
// one that lies outside it is written in the place of the first GET.

#ifndef PICKLED_FROZEN_CUTTER_HPP
#define PICKLED_FROZEN_CUTTER_HPP

#include "frozen/frozen.hpp"
#include "frozen/message_map.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pickled {

// Kept between messages for the memory that its vectors have.
class cutter {
 public:
  enum class verdict : std::uint8_t { good, uncuttable, too_large };

  // From here on cuts are of `map`, and all results together may take `max_memory` bytes.
  void start(message_map& map, std::size_t max_memory) noexcept;

  // The whole message as one value.
  verdict cut_whole(frozen& result);
  // Each slot becomes one more of `results`. A slot that is wholly a GET shares the block of other
  // such slots, and of the slot that it means; `results` has the slots of earlier calls for that.
  verdict cut(const slot& s, std::vector<frozen>& results);
  // Any other part of the message that pushes one value.
  verdict cut_part(std::uint64_t start, std::uint64_t end, frozen::traits about, frozen& result);

 private:
  // Where a run needs more than its own bytes: one step of the writing, bytes as they stand and
  // what follows them.
  struct step {
    enum class what : std::uint8_t { nothing, put, get, replace };
    std::uint64_t start;
    std::uint64_t end;
    std::uint32_t number;  // of the definition or replacement
    what then;
  };
  // What is still to be listed.
  struct range {
    std::uint64_t at;
    std::uint64_t end;
    std::size_t edit;         // the next one
    std::uint32_t get_first;  // a definition to be fetched before, or none
  };

  verdict cut_slot(const slot& s, frozen& result);
  verdict cut_leaf(std::uint64_t start, kind what, frozen& result);
  verdict check_memory(std::size_t size);
  // Edits in a row.
  struct edit_range {
    const edit* first;
    const edit* last;
  };
  // What a look at the edits of a run tells.
  enum class memo : std::uint8_t { unused, own, foreign };

  edit_range edits_in(std::uint64_t start, std::uint64_t end) noexcept;
  memo look_at(edit_range edits, std::size_t& size) noexcept;
  std::size_t number_memo(edit_range edits, frozen::traits& about) noexcept;
  void write_own(std::uint64_t start, std::uint64_t end, edit_range edits, std::byte* out,
                 std::size_t size) const noexcept;
  bool list_steps(std::uint64_t start, std::uint64_t end);
  bool follow(const edit& e, range& r);
  bool inline_definition(const definition& d, std::uint64_t from);
  void list_written_parts(const definition& d);
  std::size_t edit_at(std::uint64_t offset) noexcept;
  std::size_t measure_steps(frozen::traits& about, std::vector<frozen::hole>& holes);
  void write_steps(std::byte* out) const;

  message_map* map_ = nullptr;
  std::size_t max_memory_ = 0;
  std::size_t memory_ = 0;
  std::uint64_t inlined_ = 0;  // bytes written in the place of a GET, all cuts together
  std::uint32_t output_ = 0;   // counts the runs written, so that definitions need no clearing
  std::size_t last_edit_ = 0;  // where edit_at looks first
  std::vector<range> ranges_;
  std::vector<step> steps_;
  std::vector<std::uint32_t> written_;  // definitions in an inlined one that are written already
};

}  // namespace pickled

#endif  // PICKLED_FROZEN_CUTTER_HPP
