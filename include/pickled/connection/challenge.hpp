// SPDX-License-Identifier: BSL-1.0

// The mutual authentication at the start of a connection, as a machine without I/O: CPython's
// deliver_challenge and answer_challenge, in the order of either end. Interoperates with every
// CPython from 3.8 on.
//
//   accepting                      connecting
//   "#CHALLENGE#" M1  ---------->
//                     <----------  response(authkey, M1)
//   "#WELCOME#" | "#FAILURE#" -->
//                     <----------  "#CHALLENGE#" M2
//   response(authkey, M2) ------>
//                     <----------  "#WELCOME#" | "#FAILURE#"
//
//   M        := 20 bytes                    up to 3.11
//             | "{" digest "}" 40 bytes     from 3.12 on, and ours
//   response := 16 bytes: HMAC-MD5(M)       to an M of 20 bytes, and up to 3.11 to any M
//             | "{" digest "}" HMAC(M)      the HMAC covers the prefix of M too
//
// Each line is the payload of one frame (frame.hpp) of at most 256 bytes.

#ifndef PICKLED_CONNECTION_CHALLENGE_HPP
#define PICKLED_CONNECTION_CHALLENGE_HPP

#include "pickled/connection/digest.hpp"
#include "pickled/value/buffer.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <vector>

PICKLED_BEGIN_NAMESPACE

namespace detail {

// One handshake of one end:
//
//   begin() -> [send output()] -> receive -> feed(message) -> [send output()] -> ... done | failed
//
// What is in output() after `failed` is still to be sent: it tells the peer.
class handshake {
 public:
  using nonce = std::array<std::byte, 40>;
  enum class action {
    receive,  // hand the next message to feed()
    done,     // both ends have shown that they know the key
    failed,   // for error()'s reason
  };

  // The end that was connected to. Any of the keys is good for the peer, and the one that it used
  // is used to answer it. Precondition: at least one key.
  static handshake accepting(std::vector<std::string> authkeys, const nonce& challenge);
  // The end that connects.
  static handshake connecting(std::string authkey, const nonce& challenge);
  // Fresh randomness for either. Throws as fill_random.
  static nonce random_nonce();

  action begin();
  action feed(bytes_view message);

  // The message to send before anything else is done; empty if there is none.
  bytes_view output() const noexcept { return as_bytes(output_); }
  std::error_code error() const noexcept { return error_; }
  // The reason with the digest that was in use: "digest received was wrong (HMAC-MD5)".
  std::string failure() const { return error_.message() + digest_text(); }
  // That digest alone, as " (HMAC-MD5)", or nothing.
  std::string digest_text() const;

 private:
  static constexpr std::string_view own_digest = "{sha256}";

  enum class state {
    expecting_challenge,
    expecting_response,
    expecting_verdict,
    ended,
  };

  handshake(bool accepting, std::vector<std::string> authkeys, const nonce& challenge);

  action deliver_challenge();
  action verify_response(bytes_view response);
  std::error_code check_response(bytes_view response);
  action answer_challenge(bytes_view message);
  std::error_code create_response(bytes_view challenge);
  action check_verdict(bytes_view message);
  action fail(std::error_code reason);

  bool accepting_;
  state state_;
  std::vector<std::string> authkeys_;
  std::size_t agreed_ = 0;  // the key that the peer knows, or the only one
  std::array<char, own_digest.size() + std::tuple_size_v<nonce>> challenge_;  // M of this end
  std::string output_;
  std::optional<digest> digest_;  // of the last response made or checked
  std::error_code error_;
};

}  // namespace detail

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONNECTION_CHALLENGE_HPP
