// SPDX-License-Identifier: BSL-1.0

// What the load generator says and hears: requests of a manager's stock client, byte for byte, and
// commands of Redis. Both are encoded before they are needed, so that asking costs little.

#ifndef PICKLED_BENCH_PROTOCOL_HPP
#define PICKLED_BENCH_PROTOCOL_HPP

#include "pickled/value/buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace pickled::inline v0::detail {

enum class protocol { manager, redis };

using argument = std::variant<std::int64_t, std::string_view, bytes_view>;

// One frame with (ident, method, args, {}). `ident` is empty for the functions of the server
// itself.
buffer manager_request(std::string_view ident, std::string_view method,
                       std::initializer_list<argument> args = {});
buffer redis_command(std::initializer_list<bytes_view> words);

// The size of the reply that `received` begins with, and of what is around it; 0 where too little
// has arrived to know it.
std::size_t reply_size(protocol spoken, bytes_view received);
// Throws std::runtime_error where the reply tells of a failure.
void check_reply(protocol spoken, bytes_view reply);
// The ident in the reply to `create`.
std::string created_ident(bytes_view payload);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_BENCH_PROTOCOL_HPP
