// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/challenge.hpp"

#include "pickled/connection/connection_errc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <span>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

constexpr std::string_view challenge_mark = "#CHALLENGE#";
constexpr std::string_view welcome = "#WELCOME#";
constexpr std::string_view failure_mark = "#FAILURE#";

// Up to 3.11 a challenge is that long, and a response is the bare HMAC-MD5.
constexpr std::size_t legacy_challenge_size = 20;
constexpr std::size_t legacy_response_size = 16;

// A message that begins with "{name}", cut in two.
struct prefixed {
  digest algorithm;
  bytes_view payload;
};

std::optional<prefixed> cut_prefix(bytes_view message) {
  const std::string_view text = as_text(message);
  const std::size_t end = text.find('}');
  if (!text.starts_with('{') || end == std::string_view::npos) return std::nullopt;
  const auto algorithm = digest_by_name(text.substr(1, end - 1));
  if (!algorithm) return std::nullopt;
  return prefixed{*algorithm, message.subspan(end + 1)};
}

}  // namespace

handshake::handshake(bool accepting, std::vector<std::string> authkeys, const nonce& challenge)
    : accepting_(accepting),
      state_(accepting ? state::expecting_response : state::expecting_challenge),
      authkeys_(std::move(authkeys)) {
  assert(!authkeys_.empty());
  std::ranges::copy(as_text(challenge), std::ranges::copy(own_digest, challenge_.begin()).out);
}

handshake handshake::accepting(std::vector<std::string> authkeys, const nonce& challenge) {
  return {true, std::move(authkeys), challenge};
}

handshake handshake::connecting(std::string authkey, const nonce& challenge) {
  return {false, {std::move(authkey)}, challenge};
}

handshake::nonce handshake::random_nonce() {
  nonce n;
  fill_random(n);
  return n;
}

handshake::action handshake::begin() {
  return accepting_ ? deliver_challenge() : action::receive;
}

handshake::action handshake::feed(bytes_view message) {
  output_.clear();
  switch (state_) {
    case state::expecting_challenge: return answer_challenge(message);
    case state::expecting_response: return verify_response(message);
    case state::expecting_verdict: return check_verdict(message);
    case state::ended: break;
  }
  assert(false && "a handshake that has ended is fed nothing");
  return action::failed;
}

handshake::action handshake::deliver_challenge() {
  output_ = challenge_mark;
  output_.append(challenge_.data(), challenge_.size());
  state_ = state::expecting_response;
  return action::receive;
}

handshake::action handshake::verify_response(bytes_view response) {
  if (const auto error = check_response(response)) {
    output_ = failure_mark;
    return fail(error);
  }
  output_ = welcome;
  state_ = accepting_ ? state::expecting_challenge : state::ended;
  return accepting_ ? action::receive : action::done;
}

std::error_code handshake::check_response(bytes_view response) {
  bytes_view received = response;
  digest_ = digest::md5;
  if (response.size() != legacy_response_size) {
    const auto parts = cut_prefix(response);
    if (!parts) {
      digest_.reset();
      return connection_errc::digest_unsupported;
    }
    digest_ = parts->algorithm;
    received = parts->payload;
  }
  for (std::size_t i = 0; i != authkeys_.size(); ++i) {
    mac expected;
    if (const auto error =
            hmac(*digest_, authkeys_[i], std::as_bytes(std::span(challenge_)), expected))
      return error;
    if (equal_in_constant_time(expected.view(), received)) {
      agreed_ = i;
      return {};
    }
  }
  return connection_errc::digest_received_wrong;
}

handshake::action handshake::answer_challenge(bytes_view message) {
  if (!as_text(message).starts_with(challenge_mark))
    return fail(connection_errc::challenge_expected);
  if (const auto error = create_response(message.subspan(challenge_mark.size())))
    return fail(error);
  state_ = state::expecting_verdict;
  return action::receive;
}

std::error_code handshake::create_response(bytes_view challenge) {
  digest_.reset();
  if (challenge.size() < legacy_challenge_size) return connection_errc::challenge_too_short;
  const std::string& authkey = authkeys_[agreed_];
  mac response;
  if (challenge.size() == legacy_challenge_size) {
    digest_ = digest::md5;
    if (!hmac(*digest_, authkey, challenge, response)) {
      output_ = as_text(response.view());
      return {};
    }
    // Without MD5 there is nothing that a legacy peer takes; CPython, too, tries SHA-256.
    digest_ = digest::sha256;
  } else if (const auto parts = cut_prefix(challenge)) {
    digest_ = parts->algorithm;
  } else {
    return connection_errc::digest_unsupported;
  }
  if (const auto error = hmac(*digest_, authkey, challenge, response)) return error;
  output_ = fmt::format("{{{}}}", digest_name(*digest_));
  output_ += as_text(response.view());
  return {};
}

handshake::action handshake::check_verdict(bytes_view message) {
  if (as_text(message) != welcome) return fail(connection_errc::digest_sent_rejected);
  if (!accepting_) return deliver_challenge();
  state_ = state::ended;
  return action::done;
}

handshake::action handshake::fail(std::error_code reason) {
  error_ = reason;
  state_ = state::ended;
  return action::failed;
}

std::string handshake::digest_text() const {
  if (!digest_) return {};
  std::string name(digest_name(*digest_));
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return fmt::format(" (HMAC-{})", name);
}

}  // namespace pickled::inline v0::detail
