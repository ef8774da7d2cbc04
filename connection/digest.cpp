// SPDX-License-Identifier: BSL-1.0

#include "pickled/connection/digest.hpp"

#include "connection/of_thread.hpp"
#include "pickled/connection/connection_errc.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <sys/random.h>

namespace pickled::inline v0::detail {
namespace {

struct entry {
  std::string_view name;
  const char* algorithm;  // libcrypto's name
};

// In the order of the enumeration.
constexpr std::array<entry, 5> digests{{
    {"md5", "MD5"},
    {"sha256", "SHA256"},
    {"sha384", "SHA384"},
    {"sha3_256", "SHA3-256"},
    {"sha3_384", "SHA3-384"},
}};

struct free_mac {
  void operator()(EVP_MAC* mac) const noexcept { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};

// HMAC with the key of last time. Looking an algorithm up and taking a key in costs several times
// what a challenge itself does, and a server mostly has one key and clients of one sort.
class keyed_hmac {
 public:
  // False where libcrypto does not offer the digest.
  bool begin(digest d, std::string_view key) {
    const bool ready = usable_ && d == digest_ && key == key_;
    usable_ = ready ? EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1 : take(d, key);
    return usable_;
  }
  bool end(bytes_view message, std::span<std::byte> out, std::size_t& size) const noexcept {
    return EVP_MAC_update(context_.get(), reinterpret_cast<const unsigned char*>(message.data()),
                          message.size()) == 1 &&
           EVP_MAC_final(context_.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                         out.size()) == 1;
  }

 private:
  bool take(digest d, std::string_view key) {
    usable_ = false;
    digest_ = d;
    key_ = key;
    if (context_ == nullptr) {
      set_up_libcrypto();
      const std::unique_ptr<EVP_MAC, free_mac> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
      context_.reset(hmac == nullptr ? nullptr : EVP_MAC_CTX_new(hmac.get()));
      if (context_ == nullptr) return false;
    }
    const char* name = digests[static_cast<std::size_t>(d)].algorithm;
    const OSSL_PARAM settings[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(name), 0),
        OSSL_PARAM_construct_end()};
    return EVP_MAC_init(context_.get(), reinterpret_cast<const unsigned char*>(key_.c_str()),
                        key_.size(), settings) == 1;
  }

  std::unique_ptr<EVP_MAC_CTX, free_mac> context_;
  std::string key_;
  digest digest_{};
  bool usable_ = false;
};

}  // namespace

std::string_view digest_name(digest d) noexcept {
  return digests[static_cast<std::size_t>(d)].name;
}

std::optional<digest> digest_by_name(std::string_view name) noexcept {
  for (std::size_t i = 0; i != digests.size(); ++i)
    if (digests[i].name == name) return static_cast<digest>(i);
  return std::nullopt;
}

std::error_code hmac(digest d, std::string_view key, bytes_view message, mac& result) {
  static_assert(sizeof(result.bytes_) == EVP_MAX_MD_SIZE);
  std::optional<keyed_hmac> for_once;
  keyed_hmac* keyed = of_thread<keyed_hmac>();
  if (keyed == nullptr) keyed = &for_once.emplace();
  if (keyed->begin(d, key) && keyed->end(message, result.bytes_, result.size_)) return {};
  // What failed is told here; libcrypto's queue of this thread must not fill up.
  ERR_clear_error();
  return connection_errc::digest_unavailable;
}

void set_up_libcrypto() noexcept {
  ::OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
}

void leave_libcrypto() noexcept {
  if (keyed_hmac* const keyed = of_thread<keyed_hmac>()) *keyed = keyed_hmac();
  ::OPENSSL_thread_stop();
}

bool equal_in_constant_time(bytes_view a, bytes_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void fill_random(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno != EINTR)
      throw std::system_error(errno, std::system_category(), "getrandom");
    if (got > 0) bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace pickled::inline v0::detail
