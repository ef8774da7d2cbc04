// SPDX-License-Identifier: BSL-1.0

// What makes hashes differ from one process to the next: a SipHash key and a secret prime. Without
// them a peer could send thousands of keys that all fall into one bucket (CPython seeds the hashes
// of str and bytes for the same reason, but not those of numbers).

#ifndef PICKLED_PYTHON_SEED_HPP
#define PICKLED_PYTHON_SEED_HPP

#include "pickled/value/buffer.hpp"

#include <cstdint>

namespace pickled::inline v0::detail {

// SipHash-1-3 under the process' key, as CPython 3.11 hashes str and bytes.
std::uint64_t hash_bytes(bytes_view bytes);

// Spreads a number over 64 bits under the process' key.
std::uint64_t hash_word(std::uint64_t word);

// Arithmetic modulo a prime above 2**63 that is drawn once a process: numbers of every type that
// are equal have equal residues, and nobody outside can construct two that only look so.
namespace residue {

std::uint64_t of(std::int64_t number);
std::uint64_t of(std::uint64_t number);
std::uint64_t add(std::uint64_t a, std::uint64_t b);
std::uint64_t negate(std::uint64_t a);
std::uint64_t multiply(std::uint64_t a, std::uint64_t b);
// base ** exponent; a negative exponent means the inverse.
std::uint64_t power(std::uint64_t base, std::int64_t exponent);

}  // namespace residue

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_SEED_HPP
