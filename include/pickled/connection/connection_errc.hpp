// SPDX-License-Identifier: BSL-1.0

// What can go wrong between two ends of a connection besides what the operating system reports.

#ifndef PICKLED_CONNECTION_CONNECTION_ERRC_HPP
#define PICKLED_CONNECTION_CONNECTION_ERRC_HPP

#include "pickled/namespace.hpp"

#include <system_error>

PICKLED_BEGIN_NAMESPACE

enum class connection_errc {
  end_of_file = 1,        // EOFError: the peer closed between two messages
  truncated,              // OSError: got end of file during message
  message_too_long,       // OSError: bad message length
  digest_received_wrong,  // AuthenticationError, all of these to the last
  digest_sent_rejected,
  challenge_expected,
  challenge_too_short,
  digest_unsupported,  // a name that the protocol does not allow
  digest_unavailable,  // allowed, but libcrypto refuses it, as MD5 in FIPS mode
  bad_address,         // neither HOST:PORT nor unix:PATH
  host_not_found,      // no IPv4 address for a name
  not_a_reply,         // a message that is no (kind, payload)
  unrecognized_reply,  // ValueError: Unrecognized message type
};

// The messages are CPython's words where CPython has such an error.
const std::error_category& connection_category() noexcept;
inline std::error_code make_error_code(connection_errc e) noexcept {
  return {static_cast<int>(e), connection_category()};
}

PICKLED_END_NAMESPACE

template <>
struct std::is_error_code_enum<pickled::connection_errc> : std::true_type {};

#endif  // PICKLED_CONNECTION_CONNECTION_ERRC_HPP
