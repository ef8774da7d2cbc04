// SPDX-License-Identifier: BSL-1.0

// A value that is looked for among slots, as `x in l`, `l.index(x)` and `l.remove(x)` do.

#ifndef PICKLED_SERVER_PYTHON_NEEDLE_HPP
#define PICKLED_SERVER_PYTHON_NEEDLE_HPP

#include "pickled/frozen/frozen.hpp"
#include "pickled/value/value.hpp"

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

namespace pickled::inline v0::detail {

class needle {
 public:
  // `sought` must outlive the needle.
  explicit needle(const frozen& sought) noexcept : sought_(sought) {}

  enum class answer : std::uint8_t { different, equal, unknown };

  // What the bytes alone tell; cheap enough to be asked under a mutex.
  answer compare_bytes(const frozen& slot) const noexcept;
  // Python's ==, which may have to look into both: once into a block, in however many slots it is.
  bool equals(const frozen& slot);

 private:
  answer compare_leaves(const frozen& slot) const noexcept;
  bool has_same_bytes(const frozen& slot) const noexcept;
  bool look_into(const frozen& slot);

  const frozen& sought_;
  std::optional<value> thawed_;
  // The answer for each block that was looked into, and the block, so that it stays the only one at
  // its address.
  std::unordered_map<const void*, std::pair<frozen, bool>> blocks_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_PYTHON_NEEDLE_HPP
