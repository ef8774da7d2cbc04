// SPDX-License-Identifier: BSL-1.0

// How the keys of a dict are iterated.

#ifndef PICKLED_SERVER_TYPES_ITERATORS_HPP
#define PICKLED_SERVER_TYPES_ITERATORS_HPP

#include <cstdint>

namespace pickled::inline v0::detail {

// What __iter__ returns: all keys at once, as an iterator of the client's own, or a proxy of an
// iterator that is hosted here, as CPython does.
enum class iterators : std::uint8_t { snapshot, proxy };

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_ITERATORS_HPP
