// SPDX-License-Identifier: BSL-1.0

// What objects that are no data, as locks are, say of themselves.

#ifndef PICKLED_SERVER_TYPES_OPAQUE_HPP
#define PICKLED_SERVER_TYPES_OPAQUE_HPP

#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

// The address that repr() shows: "0x7f0a4c001e40".
std::string address_text(const void* object);

// Throws python_error TypeError "cannot pickle '_thread.lock' object".
[[noreturn]] void cannot_pickle(std::string_view type);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_OPAQUE_HPP
