#include "connection/digest.hpp"

#include "connection/error.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace pickled {
namespace {

struct entry {
  std::string_view name;
  const EVP_MD* (*algorithm)();
};

// In the order of the enumeration.
constexpr std::array<entry, 5> digests{{
    {"md5", EVP_md5},
    {"sha256", EVP_sha256},
    {"sha384", EVP_sha384},
    {"sha3_256", EVP_sha3_256},
    {"sha3_384", EVP_sha3_384},
}};

}  // namespace

std::string_view digest_name(digest d) noexcept {
  return digests[static_cast<std::size_t>(d)].name;
}

std::optional<digest> digest_by_name(std::string_view name) noexcept {
  for (std::size_t i = 0; i != digests.size(); ++i)
    if (digests[i].name == name) return static_cast<digest>(i);
  return std::nullopt;
}

std::error_code hmac(digest d, std::string_view key, bytes_view message, mac& result) noexcept {
  static_assert(sizeof(result.bytes_) == EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(message.data());
  auto* out = reinterpret_cast<unsigned char*>(result.bytes_.data());
  if (HMAC(digests[static_cast<std::size_t>(d)].algorithm(), key.data(),
           static_cast<int>(key.size()), data, message.size(), out, &size) == nullptr) {
    // What failed is told here; libcrypto's queue of this thread must not fill up.
    ERR_clear_error();
    return connection_errc::digest_unavailable;
  }
  result.size_ = size;
  return {};
}

bool equal_in_constant_time(bytes_view a, bytes_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void fill_random(std::span<std::byte> bytes) {
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  if (RAND_bytes(out, static_cast<int>(bytes.size())) != 1)
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
                            "no random bytes from libcrypto");
}

}  // namespace pickled
