// SPDX-License-Identifier: BSL-1.0

// How many files and sockets this process may have open.

#ifndef PICKLED_PROGRAM_DESCRIPTOR_LIMIT_HPP
#define PICKLED_PROGRAM_DESCRIPTOR_LIMIT_HPP

namespace pickled::inline v0::detail {

// Raises the soft limit to the hard one: the soft one is low for the sake of programs that use
// select(), which this one does not. A limit that cannot be changed stays.
void raise_descriptor_limit() noexcept;

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROGRAM_DESCRIPTOR_LIMIT_HPP
