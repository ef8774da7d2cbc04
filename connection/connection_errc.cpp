// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/connection_errc.hpp"

#include <string>

PICKLED_BEGIN_NAMESPACE
namespace {

const char* text(connection_errc e) noexcept {
  switch (e) {
    case connection_errc::end_of_file: return "end of file";
    case connection_errc::truncated: return "got end of file during message";
    case connection_errc::message_too_long: return "bad message length";
    case connection_errc::digest_received_wrong: return "digest received was wrong";
    case connection_errc::digest_sent_rejected: return "digest sent was rejected";
    case connection_errc::challenge_expected: return "protocol error, expected challenge";
    case connection_errc::challenge_too_short: return "challenge too short";
    case connection_errc::digest_unsupported:
      return "unsupported message length, missing digest prefix, or unsupported digest";
    case connection_errc::digest_unavailable: return "digest not available";
    case connection_errc::bad_address: return "an address is HOST:PORT or unix:PATH";
    case connection_errc::host_not_found: return "host has no IPv4 address";
    case connection_errc::not_a_reply: return "message is no (kind, payload)";
    case connection_errc::unrecognized_reply: return "unrecognized message type";
  }
  return "unknown connection error";
}

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "pickled.connection"; }
  std::string message(int code) const override { return text(static_cast<connection_errc>(code)); }
};

}  // namespace

const std::error_category& connection_category() noexcept {
  static const category instance;
  return instance;
}

PICKLED_END_NAMESPACE
