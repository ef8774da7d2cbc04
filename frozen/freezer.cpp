// SPDX-License-Identifier: BSL-1.0

// The compactor takes what CPython sends. What it does not take is frozen by value, which is also
// what finds out what is wrong with a malformed message:
//
//  * protocols 0 to 3, text opcodes, DUP, POP, and forms longer than they need be;
//  * a request, its args or kwds that are not literal tuples (or a list, for args) and dict;
//  * a change made to an object through a GET;
//  * a proxy, and a call that is a value of another kind: bytearray(b'…') of protocol 4;
//  * a slot with a GET of what lies outside of it, unless that is a leaf or a global;
//  * leaves and globals that are copied into the slots that refer to them, where the copies take
//    more than the size of the message and 1 MiB.

#include "frozen/freezer.hpp"

#include "frozen/compactor.hpp"
#include "frozen/freeze_by_value.hpp"

#include <limits>

namespace pickled::inline v0::detail {

namespace {

using verdict = compactor::verdict;

// After a larger message the compactor gives its memory back.
constexpr std::size_t small_message = std::size_t{256} << 10;

thread_local compactor one_pass;

load_error error_of(verdict v) {
  return v == verdict::good ? load_error{} : load_error{pickle_errc::too_large};
}

}  // namespace

load_error freeze_request(bytes_view message, const freeze_options& options,
                          frozen_request& request, buffer* memory) {
  const verdict v = one_pass.compact_request(message, options, request, memory);
  if (message.size() > small_message) one_pass.trim();
  return v == verdict::by_value ? freeze_request_by_value(message, options, request) : error_of(v);
}

load_error freeze(bytes_view message, const freeze_options& options, frozen& result) {
  const verdict v = one_pass.compact_value(message, options, result);
  if (message.size() > small_message) one_pass.trim();
  return v == verdict::by_value ? freeze_by_value(message, options, result) : error_of(v);
}

frozen freeze(value_view v) {
  freeze_options unlimited;
  unlimited.max_memory = std::numeric_limits<std::size_t>::max();
  return freeze(v, unlimited);
}

frozen freeze(value_view v, const freeze_options& options) {
  return freeze_by_value(v, options);
}

load_error split(const frozen& container, const freeze_options& options,
                 std::vector<frozen>& slots) {
  slots.clear();
  if (container.holes().empty()) {
    const verdict v = one_pass.compact_slots(container, options, slots);
    if (container.run().size() > small_message) one_pass.trim();
    if (v != verdict::by_value) return error_of(v);
    slots.clear();
  }
  return split_by_value(container, options, slots);
}

}  // namespace pickled::inline v0::detail
