// SPDX-License-Identifier: BSL-1.0

// The items of array.array: how each typecode stores Python's numbers and characters, and what it
// says of those that it cannot store. Sizes are those of 64-bit Linux.

#ifndef PICKLED_SERVER_TYPES_ARRAY_ITEMS_HPP
#define PICKLED_SERVER_TYPES_ARRAY_ITEMS_HPP

#include "pickled/frozen/frozen.hpp"
#include "pickled/frozen/splicer.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <vector>

namespace pickled::inline v0::detail {

class item_type {
 public:
  // Throws python_error ValueError "bad typecode (must be …)".
  explicit item_type(char typecode);

  char typecode() const noexcept { return typecode_; }
  std::size_t size() const noexcept { return size_; }
  // 'u' and 'w': the items are characters, not numbers.
  bool is_unicode() const noexcept { return typecode_ == 'u' || typecode_ == 'w'; }

  // Writes one item to `out`, in native byte order. Throws python_error TypeError or OverflowError.
  void store(value_view item, std::byte* out) const;
  void store(const frozen& item, std::byte* out) const;
  // The item at `in`. Throws python_error ValueError where that is no character.
  frozen load(const std::byte* in) const;

 private:
  char typecode_;
  std::size_t size_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_ARRAY_ITEMS_HPP
