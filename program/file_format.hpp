// SPDX-License-Identifier: BSL-1.0

// What a file is that is no pickle, but that people take for one.

#ifndef PICKLED_PROGRAM_FILE_FORMAT_HPP
#define PICKLED_PROGRAM_FILE_FORMAT_HPP

#include "pickled/value/buffer.hpp"

#include <string>

namespace pickled::inline v0::detail {

// By its first bytes: "; it is gzip data, which has to be unpacked first", to be put behind an
// error, or nothing where it is none that is known here. A pickle may begin with the same bytes, so
// this is to be asked only once one could not be read.
std::string hint_at_format(bytes_view beginning);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROGRAM_FILE_FORMAT_HPP
