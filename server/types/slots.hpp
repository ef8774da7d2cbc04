// SPDX-License-Identifier: BSL-1.0

// What containers do with a run of slots: write it, print it, look for proxies in it.

#ifndef PICKLED_SERVER_TYPES_SLOTS_HPP
#define PICKLED_SERVER_TYPES_SLOTS_HPP

#include "pickled/frozen/frozen.hpp"
#include "pickled/frozen/splicer.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

splicer& write_list(splicer& out, std::span<const frozen> items);
// iter([...]), which is one of Python's iterators for whoever reads it.
splicer& write_iterator(splicer& out, std::span<const frozen> items);
// NotImplemented, with which an operator leaves it to the other operand.
splicer& write_not_implemented(splicer& out);

// Python's repr of one slot; stops after about `limit` characters.
std::string repr_of(const frozen& slot, std::size_t limit);
// A few hundred bytes may share their parts so often that their text would have no end: what a text
// may have as an answer or a key, and in an exception.
inline constexpr std::size_t longest_text = std::size_t{64} << 20;
inline constexpr std::size_t longest_in_error = std::size_t{64} << 10;
// So many slots are enough for a text of about `limit` characters.
constexpr std::size_t most_printed(std::size_t limit) noexcept {
  return limit / 3 + 1;
}
// "[1, 2, 3]"; stops after about `limit` characters.
std::string repr_sequence(std::string_view open, std::span<const frozen> items,
                          std::string_view close, std::size_t limit);

// Calls `visit` for each proxy in each slot.
void visit_proxies(std::span<const frozen> slots,
                   const std::function<void(const proxy_reference&)>& visit);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_SLOTS_HPP
