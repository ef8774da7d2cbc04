// SPDX-License-Identifier: BSL-1.0

// dumps for values at rest (frozen/frozen.hpp): the opcodes that push one value, in the one form
// that such runs have, without PROTO, FRAME and STOP.

#ifndef PICKLED_PICKLE_CODEC_CANONICAL_HPP
#define PICKLED_PICKLE_CODEC_CANONICAL_HPP

#include "pickled/value/buffer.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace pickled::inline v0::detail {

// A str, bytes or int of at most so many bytes, its opcode included, is written again where it is
// met again. A GET and its PUT would not be much shorter, and a container could not be cut into its
// items without replacing the GET.
inline constexpr std::size_t longest_repeated_leaf = 16;

struct canonical_run {
  buffer run;
  std::vector<std::size_t> holes;  // offsets at which a value is missing
  std::uint32_t memo_count = 0;
  bool opaque_equality = false;  // NaN, globals, calls or holes
  bool uses_protocol_5 = false;
};

// Decides about an instance or a proxy: true where it is left out. It may put another value in its
// place, which must live as long as the run is being written.
using leave_out = std::function<bool(value_view& object)>;

// Throws pickling_error for persistent ids.
canonical_run dump_canonical(value_view v, const leave_out& decide);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_CANONICAL_HPP
