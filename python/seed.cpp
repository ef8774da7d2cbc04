// SPDX-License-Identifier: BSL-1.0

#include "python/seed.hpp"

#include <boost/multiprecision/cpp_int.hpp>
#include <boost/multiprecision/miller_rabin.hpp>

#include <bit>
#include <cstring>
#include <random>

namespace pickled::inline v0::detail {
namespace {

__extension__ using uint128 = unsigned __int128;

struct seed {
  std::uint64_t key0;
  std::uint64_t key1;
  std::uint64_t prime;
};

seed draw() {
  std::random_device device;
  const auto word = [&device] {
    return (std::uint64_t{device()} << 32) | (device() & 0xffffffffU);
  };
  seed drawn{word(), word(), 0};
  std::mt19937_64 witnesses(word());
  do {
    drawn.prime = word() | (std::uint64_t{1} << 63) | 1;
  } while (!boost::multiprecision::miller_rabin_test(boost::multiprecision::cpp_int(drawn.prime),
                                                     40, witnesses));
  return drawn;
}

const seed& process_seed() {
  static const seed drawn = draw();
  return drawn;
}

struct sip_state {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace

std::uint64_t hash_bytes(bytes_view bytes) {
  const seed& key = process_seed();
  sip_state state{key.key0 ^ 0x736f6d6570736575, key.key1 ^ 0x646f72616e646f6d,
                  key.key0 ^ 0x6c7967656e657261, key.key1 ^ 0x7465646279746573};
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    state.absorb(word);
  }
  std::uint64_t last = 0;
  if (left != 0) std::memcpy(&last, at, left);
  state.absorb(last | (std::uint64_t{bytes.size()} << 56));
  state.v2 ^= 0xff;
  state.round();
  state.round();
  state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

std::uint64_t hash_word(std::uint64_t word) {
  const seed& key = process_seed();
  const uint128 product = uint128{word ^ key.key0} * (key.key1 | 1);
  const std::uint64_t folded =
      static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  return (folded ^ (folded >> 29)) * 0x9e3779b97f4a7c15;
}

namespace residue {

std::uint64_t of(std::int64_t number) {
  const auto word = static_cast<std::uint64_t>(number);
  return number >= 0 ? word : process_seed().prime + word;
}
std::uint64_t of(std::uint64_t number) {
  const std::uint64_t prime = process_seed().prime;
  return number >= prime ? number - prime : number;
}
std::uint64_t add(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::uint64_t>((uint128{a} + b) % process_seed().prime);
}
std::uint64_t negate(std::uint64_t a) {
  return a == 0 ? 0 : process_seed().prime - a;
}
std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::uint64_t>(uint128{a} * b % process_seed().prime);
}
std::uint64_t power(std::uint64_t base, std::int64_t exponent) {
  auto left = static_cast<std::uint64_t>(exponent);
  if (exponent < 0) {
    // Fermat: the inverse of `base` is its power of prime - 2.
    std::uint64_t inverse = 1;
    for (std::uint64_t e = process_seed().prime - 2; e != 0; e >>= 1) {
      if (e & 1) inverse = multiply(inverse, base);
      base = multiply(base, base);
    }
    base = inverse;
    left = 0 - left;
  }
  std::uint64_t result = 1;
  for (; left != 0; left >>= 1) {
    if (left & 1) result = multiply(result, base);
    base = multiply(base, base);
  }
  return result;
}

}  // namespace residue
}  // namespace pickled::inline v0::detail
