// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/digest.hpp"

#include "pickled/connection/connection_errc.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <string>

using namespace pickled;
using namespace pickled::detail;

namespace {

std::string hex(bytes_view bytes) {
  std::string text;
  for (const std::byte b : bytes)
    text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
  return text;
}

}  // namespace

TEST_CASE("the digests are those of Python's hmac module", "[connection]") {
  // python3 -c "import hmac; print(hmac.new(b'key', b'message', NAME).hexdigest())"
  const struct {
    std::string_view name;
    std::string_view expected;
  } table[] = {
      {"md5", "4e4748e62b463521f6775fbf921234b5"},
      {"sha256", "6e9ef29b75fffc5b7abae527d58fdadb2fe42e7219011976917343065f58ed4a"},
      {"sha384",
       "0fd3ae3237be98c64a075b7394989fc6789f31788fada42eada85ee6698bde2feae20b66271b67544b9062c773b"
       "2d86f"},
      {"sha3_256", "0f43852a24d5597a8200312a95993991581679d63264f1b1ad4b5ccac7fe8ba4"},
      {"sha3_384",
       "be48b7a82bf3dda2dc743a584e7a7d6375a664e611d240a6c951f3d15e18666fc6d4b3e31f8d6c44caec9866720"
       "9aa31"},
  };
  for (const auto& row : table) {
    const auto d = digest_by_name(row.name);
    REQUIRE(d);
    CHECK(digest_name(*d) == row.name);
    mac result;
    CHECK_FALSE(hmac(*d, "key", as_bytes("message"), result));
    CHECK(hex(result.view()) == row.expected);
  }
}

TEST_CASE("digests that CPython refuses are unknown", "[connection]") {
  for (const char* name : {"", "sha1", "sha512", "MD5", "sha256 ", "sha3_512"})
    CHECK_FALSE(digest_by_name(name));
}

TEST_CASE("a digest that libcrypto refuses is an error", "[connection]") {
  REQUIRE(EVP_set_default_properties(nullptr, "fips=yes") == 1);
  mac result;
  const std::error_code error = hmac(digest::md5, "a new key", as_bytes("message"), result);
  REQUIRE(EVP_set_default_properties(nullptr, "") == 1);
  CHECK(error == connection_errc::digest_unavailable);
  CHECK_FALSE(hmac(digest::md5, "a new key", as_bytes("message"), result));
}

TEST_CASE("a digest does not depend on what was digested before", "[connection]") {
  struct row {
    digest d;
    const char* key;
    const char* message;
    std::string expected;
  };
  // hmac.new(key, message, name).hexdigest() of CPython.
  const row table[] = {
      {digest::sha256, "key", "message",
       "6e9ef29b75fffc5b7abae527d58fdadb2fe42e7219011976917343065f58ed4a"},
      {digest::sha256, "key", "message",
       "6e9ef29b75fffc5b7abae527d58fdadb2fe42e7219011976917343065f58ed4a"},
      {digest::sha256, "key", "",
       "5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0"},
      {digest::sha256, "another", "message",
       "84a461123e0901960d7cf763c2faec1d2c8b1790ee09291765b46c6df6055833"},
      {digest::md5, "another", "message", "100034c3c7696e4c2e0ca3eaca93db34"},
      {digest::md5, "", "message", "b32797ea4b4b90a5d6fe744b33b97632"},
      {digest::sha256, "key", "message",
       "6e9ef29b75fffc5b7abae527d58fdadb2fe42e7219011976917343065f58ed4a"},
  };
  for (const row& r : table) {
    mac result;
    CHECK_FALSE(hmac(r.d, r.key, as_bytes(r.message), result));
    CHECK(hex(result.view()) == r.expected);
  }
}

TEST_CASE("bytes are compared in whole", "[connection]") {
  CHECK(equal_in_constant_time(as_bytes(""), as_bytes("")));
  CHECK(equal_in_constant_time(as_bytes("abc"), as_bytes("abc")));
  CHECK_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("abd")));
  CHECK_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("ab")));
}

TEST_CASE("random bytes differ from call to call", "[connection]") {
  std::array<std::byte, 16> one{};
  std::array<std::byte, 16> two{};
  fill_random(one);
  fill_random(two);
  CHECK(one != two);
}
