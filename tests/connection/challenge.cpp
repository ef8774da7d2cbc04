// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/challenge.hpp"

#include "pickled/connection/connection_errc.hpp"
#include "tests/recorded.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>

using namespace pickled;
using namespace pickled::detail;
using action = handshake::action;

namespace {

std::string output(const handshake& h) {
  return std::string(as_text(h.output()));
}

// The randomness that tests/data/connection/write_challenge.py uses.
handshake::nonce nonce() {
  handshake::nonce n;
  for (std::size_t i = 0; i != n.size(); ++i)
    n[i] = static_cast<std::byte>((7 * i + 3) % 256);
  return n;
}

nlohmann::json recorded_answers() {
  std::ifstream file(test_data("connection/challenge.json"));
  return nlohmann::json::parse(file);
}

// The response of a peer of ours that holds `key`.
std::string response(const std::string& key, bytes_view challenge) {
  auto peer = handshake::connecting(key, nonce());
  peer.begin();
  peer.feed(challenge);
  return output(peer);
}

}  // namespace

TEST_CASE("a challenge is answered as the newest CPython does", "[connection]") {
  int answers = 0;
  for (const auto& run : recorded_answers()) {
    for (const auto& row : run["answers"]) {
      const std::string challenge = unhex(row["challenge"]);
      // Up to 3.11 the answer is MD5 whatever the challenge says.
      if (run["version"][1] < 12 && challenge.size() != 20) continue;
      auto h = handshake::connecting(unhex(row["key"]), nonce());
      REQUIRE(h.begin() == action::receive);
      CHECK(h.output().empty());
      CHECK(h.feed(as_bytes("#CHALLENGE#" + challenge)) == action::receive);
      CHECK(output(h) == unhex(row["response"]));
      ++answers;
    }
  }
  CHECK(answers >= 48);
}

TEST_CASE("our challenge and verdicts are what CPython sends from 3.12 on", "[connection]") {
  for (const auto& run : recorded_answers()) {
    if (run["version"][1] < 12) continue;
    auto h = handshake::accepting({"k"}, nonce());
    CHECK(h.begin() == action::receive);
    CHECK(output(h) == unhex(run["sent"][0]));
    CHECK(h.feed(as_bytes("{md5}never right")) == action::failed);
    CHECK(output(h) == unhex(run["sent"][1]));
  }
}

TEST_CASE("the answers of every CPython are accepted", "[connection]") {
  const std::string ours = "{sha256}" + std::string(as_text(nonce()));
  int answers = 0;
  for (const auto& run : recorded_answers()) {
    for (const auto& row : run["answers"]) {
      if (unhex(row["challenge"]) != ours) continue;
      auto h = handshake::accepting({unhex(row["key"])}, nonce());
      h.begin();
      CHECK(h.feed(as_bytes(unhex(row["response"]))) == action::receive);
      CHECK(output(h) == "#WELCOME#");
      auto other = handshake::accepting({"other"}, nonce());
      other.begin();
      CHECK(other.feed(as_bytes(unhex(row["response"]))) == action::failed);
      CHECK(other.error() == connection_errc::digest_received_wrong);
      ++answers;
    }
  }
  CHECK(answers >= 18);
}

TEST_CASE("both ends come to an agreement, with any of several keys", "[connection]") {
  for (const char* key : {"old", "new"}) {
    auto server = handshake::accepting({"new", "old"}, handshake::random_nonce());
    auto client = handshake::connecting(key, handshake::random_nonce());
    CHECK(server.begin() == action::receive);
    CHECK(client.begin() == action::receive);
    CHECK(client.feed(server.output()) == action::receive);
    CHECK(server.feed(client.output()) == action::receive);
    CHECK(client.feed(server.output()) == action::receive);
    CHECK(output(client).starts_with("#CHALLENGE#{sha256}"));
    CHECK(server.feed(client.output()) == action::receive);
    CHECK(client.feed(server.output()) == action::done);
    CHECK(output(client) == "#WELCOME#");
    CHECK(server.feed(client.output()) == action::done);
    CHECK(server.output().empty());
  }
}

TEST_CASE("an accepting end says which response it refused", "[connection]") {
  const std::string wrong = std::string(32, 'x');
  const struct {
    std::string response;
    connection_errc error;
    std::string failure;
  } table[] = {
      {"{sha256}" + wrong, connection_errc::digest_received_wrong,
       "digest received was wrong (HMAC-SHA256)"},
      {"{sha3_384}" + wrong, connection_errc::digest_received_wrong,
       "digest received was wrong (HMAC-SHA3_384)"},
      {std::string(16, 'x'), connection_errc::digest_received_wrong,
       "digest received was wrong (HMAC-MD5)"},
      {"{sha1}" + wrong, connection_errc::digest_unsupported,
       "unsupported message length, missing digest prefix, or unsupported digest"},
      {"", connection_errc::digest_unsupported,
       "unsupported message length, missing digest prefix, or unsupported digest"},
      {"{sha256" + wrong, connection_errc::digest_unsupported,
       "unsupported message length, missing digest prefix, or unsupported digest"},
      {"{sha256}", connection_errc::digest_received_wrong,
       "digest received was wrong (HMAC-SHA256)"},
  };
  for (const auto& row : table) {
    auto h = handshake::accepting({"k"}, nonce());
    h.begin();
    CHECK(h.feed(as_bytes(row.response)) == action::failed);
    CHECK(output(h) == "#FAILURE#");
    CHECK(h.error() == row.error);
    CHECK(h.failure() == row.failure);
  }
}

TEST_CASE("a challenge that is none is not answered", "[connection]") {
  const struct {
    std::string message;
    connection_errc error;
  } table[] = {
      {"", connection_errc::challenge_expected},
      {"#CHALLENGE", connection_errc::challenge_expected},
      {"#WELCOME#", connection_errc::challenge_expected},
      {"#CHALLENGE#", connection_errc::challenge_too_short},
      {"#CHALLENGE#" + std::string(19, 'x'), connection_errc::challenge_too_short},
      {"#CHALLENGE#" + std::string(21, 'x'), connection_errc::digest_unsupported},
      {"#CHALLENGE#{sha1}" + std::string(40, 'x'), connection_errc::digest_unsupported},
      {"#CHALLENGE#sha256}" + std::string(40, 'x'), connection_errc::digest_unsupported},
  };
  for (const auto& row : table) {
    auto h = handshake::connecting("k", nonce());
    h.begin();
    CHECK(h.feed(as_bytes(row.message)) == action::failed);
    CHECK(h.output().empty());
    CHECK(h.error() == row.error);
  }
}

TEST_CASE("a challenge of 20 bytes is answered by MD5 even if it begins with a name",
          "[connection]") {
  CHECK(response("k", as_bytes("#CHALLENGE#{sha256}123456789012")).size() == 16);
}

TEST_CASE("a peer that does not welcome ends the handshake", "[connection]") {
  for (const char* verdict : {"#FAILURE#", "", "#WELCOME", "#WELCOME#."}) {
    auto client = handshake::connecting("k", nonce());
    auto server = handshake::accepting({"k"}, nonce());
    server.begin();
    client.begin();
    client.feed(server.output());
    CHECK(client.feed(as_bytes(verdict)) == action::failed);
    CHECK(client.output().empty());
    CHECK(client.failure() == "digest sent was rejected (HMAC-SHA256)");

    server.feed(as_bytes(response("k", server.output())));
    REQUIRE(output(server) == "#WELCOME#");
    server.feed(as_bytes("#CHALLENGE#" + std::string(20, 'x')));
    CHECK(server.feed(as_bytes(verdict)) == action::failed);
    CHECK(server.failure() == "digest sent was rejected (HMAC-MD5)");
  }
}
