// SPDX-License-Identifier: BSL-1.0

#include "server/python/needle.hpp"

#include "frozen/thaw.hpp"
#include "pickled/python/compare.hpp"

namespace pickled::inline v0::detail {
namespace {

using answer = needle::answer;

// Longer ones are compared where no mutex is held.
constexpr std::size_t most_bytes = 4096;

answer decided(bool equal) noexcept {
  return equal ? answer::equal : answer::different;
}

bool is_number(kind k) noexcept {
  return k == kind::boolean || k == kind::integer || k == kind::big_integer || k == kind::real;
}
bool is_leaf(kind k) noexcept {
  return is_number(k) || k == kind::none || k == kind::str || k == kind::bytes;
}
// Kinds that no leaf is equal to. An instance may be: of a subclass of int, for one.
bool is_container(kind k) noexcept {
  return k == kind::tuple || k == kind::list || k == kind::dict || k == kind::set ||
         k == kind::frozenset;
}

answer compare_numbers(const frozen& a, const frozen& b) noexcept {
  const auto whole_a = a.as_integer(), whole_b = b.as_integer();
  if (whole_a && whole_b) return decided(*whole_a == *whole_b);
  const auto real_a = a.as_real(), real_b = b.as_real();
  if (real_a && real_b) return decided(*real_a == *real_b);
  const bool exact = (whole_a || real_a) && (whole_b || real_b);
  const std::int64_t whole = whole_a ? *whole_a : whole_b.value_or(0);
  // Beyond 2^53 a double cannot hold every int.
  constexpr std::int64_t limit = std::int64_t{1} << 53;
  if (!exact || whole < -limit || whole > limit) return answer::unknown;
  return decided(static_cast<double>(whole) == (real_a ? *real_a : *real_b));
}

}  // namespace

answer needle::compare_leaves(const frozen& slot) const noexcept {
  const kind a = sought_.kind(), b = slot.kind();
  if (is_number(a) && is_number(b)) return compare_numbers(sought_, slot);
  if (sought_.identity() != nullptr && sought_.identity() == slot.identity()) return answer::equal;
  if (is_leaf(a) && is_leaf(b) && a != b) return answer::different;
  if ((is_leaf(a) && is_container(b)) || (is_container(a) && is_leaf(b))) return answer::different;
  if (is_leaf(a) && is_leaf(b)) return decided(as_text(sought_.run()) == as_text(slot.run()));
  return answer::unknown;
}

answer needle::compare_bytes(const frozen& slot) const noexcept {
  const answer known = compare_leaves(slot);
  if (known != answer::unknown || slot.run().size() > most_bytes) return known;
  return has_same_bytes(slot) ? answer::equal : answer::unknown;
}

bool needle::has_same_bytes(const frozen& slot) const noexcept {
  return !sought_.about().opaque_equality && as_text(sought_.run()) == as_text(slot.run());
}

bool needle::equals(const frozen& slot) {
  if (const answer known = compare_leaves(slot); known != answer::unknown) {
    return known == answer::equal;
  }
  if (slot.identity() == nullptr) return look_into(slot);
  const auto [found, made] = blocks_.try_emplace(slot.identity(), slot, false);
  if (made) found->second.second = look_into(slot);
  return found->second.second;
}

bool needle::look_into(const frozen& slot) {
  if (has_same_bytes(slot)) return true;
  if (!thawed_) thawed_ = thaw(sought_);
  return equal(*thawed_, thaw(slot));
}

}  // namespace pickled::inline v0::detail
