// SPDX-License-Identifier: BSL-1.0

// The keyed digests of the challenge, by libcrypto, and the kernel's randomness. Mirrors what
// multiprocessing.connection takes from hmac and os.urandom.

#ifndef PICKLED_CONNECTION_DIGEST_HPP
#define PICKLED_CONNECTION_DIGEST_HPP

#include "pickled/value/buffer.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

namespace detail {

// Exactly those that CPython's _ALLOWED_DIGESTS names.
enum class digest { md5, sha256, sha384, sha3_256, sha3_384 };

std::string_view digest_name(digest d) noexcept;
std::optional<digest> digest_by_name(std::string_view name) noexcept;

class mac {
 public:
  bytes_view view() const noexcept { return std::span(bytes_).first(size_); }

 private:
  friend std::error_code hmac(digest, std::string_view, bytes_view, mac&);

  std::array<std::byte, 64> bytes_{};
  std::size_t size_ = 0;
};

// `connection_errc::digest_unavailable` where libcrypto does not offer the digest. May throw
// std::bad_alloc.
[[nodiscard]] std::error_code hmac(digest d, std::string_view key, bytes_view message, mac& result);

// Does at once what libcrypto else does at the first digest. Unless the program itself used it
// before, it is not torn down at the end of the process: static objects may make calls to the last.
void set_up_libcrypto() noexcept;

// Gives back what libcrypto keeps for this thread, as the thread's end does: for one that nobody
// joins, before it says that it is done, so that the end of the process need not wait for more.
void leave_libcrypto() noexcept;

// Takes the same time wherever the first difference is; sizes are no secret.
bool equal_in_constant_time(bytes_view a, bytes_view b) noexcept;

// Fit for keys. Throws std::system_error where the system has no entropy to give.
void fill_random(std::span<std::byte> bytes);

}  // namespace detail

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONNECTION_DIGEST_HPP
