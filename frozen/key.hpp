// SPDX-License-Identifier: BSL-1.0

// A dict key or set item at rest, with Python's equality and hash.

#ifndef PICKLED_FROZEN_KEY_HPP
#define PICKLED_FROZEN_KEY_HPP

#include "pickled/frozen/frozen.hpp"

#include <cstddef>
#include <cstdint>

namespace pickled::inline v0::detail {

class key {
 public:
  // No key: what a table has where one was removed.
  key() noexcept = default;
  bool exists() const noexcept { return hash_ != 0; }

  // Throws python_error TypeError "unhashable type: 'list'".
  explicit key(frozen f);

  const frozen& original() const noexcept { return frozen_; }
  std::uint64_t hash() const noexcept { return hash_; }  // never 0
  // Leaves of one kind are compared by their bytes; everything else is thawed.
  friend bool operator==(const key& a, const key& b);

 private:
  frozen frozen_;
  std::uint64_t hash_ = 0;
};

}  // namespace pickled::inline v0::detail

template <>
struct std::hash<pickled::detail::key> {
  std::size_t operator()(const pickled::detail::key& k) const noexcept { return k.hash(); }
};

#endif  // PICKLED_FROZEN_KEY_HPP
