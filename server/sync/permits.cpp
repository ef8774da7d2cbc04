// SPDX-License-Identifier: BSL-1.0

#include "server/sync/permits.hpp"

#include <algorithm>

namespace pickled::inline v0::detail {
namespace {

// More permits than are ever taken; sums of two such counts still fit.
constexpr std::int64_t most_permits = (std::int64_t{1} << 62) - 1;

}  // namespace

std::int64_t permits::release_all(const owner& who) {
  release_permits(who, 1);
  return 1;
}

std::uint64_t permits::try_take(const owner& who, std::int64_t) noexcept {
  if (value_ == 0) return 0;
  bookings_.add(who);
  --value_;
  return ++ticket_;
}

settlement permits::settle(const owner& gone, departure how) noexcept {
  const std::int64_t held = bookings_.held_by(gone);
  if (held == 0) return settlement::held_nothing;
  const settlement settled = judge(policy(), what_, gone.process.pid != 0, how);
  if (settled == settlement::deferred) return settled;
  bookings_.forget(gone);
  // What others released beyond the initial value stays as it is.
  if (settled == settlement::released) value_ = std::max(value_, std::min(value_ + held, initial_));
  return settled;
}

void permits::release_permits(const owner& who, std::int64_t count) {
  check_release(count);
  cure();
  bookings_.release(who, count);
  value_ = std::min(value_ + count, most_permits);
}

void permits::undo_take(const owner& who, std::int64_t most) noexcept {
  bookings_.take_back(who);
  if (value_ < most) ++value_;
}

}  // namespace pickled::inline v0::detail
