// SPDX-License-Identifier: BSL-1.0

#include "frozen/key.hpp"

#include "frozen/thaw.hpp"
#include "pickled/python/compare.hpp"
#include "python/seed.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

std::uint64_t hash_of(const frozen& f) {
  // Keys are mostly small ints and str: hashed where they stand.
  if (const auto i = f.as_integer()) return hash_word(residue::of(*i));
  if (const auto s = f.as_str()) return hash_bytes(as_bytes(*s));
  return hash(thaw(f), reinterpret_cast<std::uintptr_t>(f.identity()));
}

bool is_characters(kind k) {
  return k == kind::str || k == kind::bytes;
}

}  // namespace

key::key(frozen f) : frozen_(std::move(f)), hash_(std::max<std::uint64_t>(1, hash_of(frozen_))) {}

bool operator==(const key& a, const key& b) {
  if (a.hash_ != b.hash_) return false;
  const frozen& left = a.frozen_;
  const frozen& right = b.frozen_;
  if (left.identity() != nullptr && left.identity() == right.identity()) return true;
  const bool same_run = as_text(left.run()) == as_text(right.run());
  if (same_run && !left.about().opaque_equality) return true;
  // Canonical runs of one such kind differ only where the values do.
  if (left.kind() == right.kind() && is_characters(left.kind())) return false;
  return equal(thaw(left), thaw(right));
}

}  // namespace pickled::inline v0::detail
