// SPDX-License-Identifier: BSL-1.0

// Large memory is had from the system page by page, as it is touched, and such a fault may cost
// more than all that is then written there. Whoever is about to fill a large piece asks for its
// pages at once.

#ifndef PICKLED_PICKLE_VALUE_PAGES_HPP
#define PICKLED_PICKLE_VALUE_PAGES_HPP

#include <cstddef>

namespace pickled::inline v0::detail {

// Has the system provide the pages that lie wholly in this memory, which keeps its content. Does
// nothing for small pieces, and where the system has no such call.
void provide_pages(void* memory, std::size_t size) noexcept;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_VALUE_PAGES_HPP
