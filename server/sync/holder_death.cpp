// SPDX-License-Identifier: BSL-1.0

#include "server/sync/holder_death.hpp"

#include <algorithm>

namespace pickled::inline v0::detail {
namespace {

bool same_process(const owner& a, const owner& b) noexcept {
  return a.process.pid != 0 && a.process == b.process;
}

// Whether the default policy releases it.
bool released_by_default(holding what, departure how) noexcept {
  switch (how) {
    case departure::session_ended:
    case departure::process_left: return what == holding::by_session;
    case departure::process_crashed: return true;
    case departure::process_ended: return what != holding::permit;
  }
  return false;
}

}  // namespace

settlement judge(holder_death policy, holding what, bool process_known, departure how) noexcept {
  if (how == departure::session_ended && process_known && what != holding::by_session)
    return settlement::deferred;
  switch (policy) {
    case holder_death::keep: return settlement::kept;
    case holder_death::release: return settlement::released;
    case holder_death::poison: return settlement::poisoned;
    case holder_death::by_default: break;
  }
  return released_by_default(what, how) ? settlement::released : settlement::kept;
}

void bookings::make_room(std::size_t count) {
  if (handed_on_) return;
  const std::size_t needed = booked_.size() + count;
  if (needed > booked_.capacity()) booked_.reserve(std::max(needed, 2 * booked_.capacity()));
}

void bookings::add(const owner& who) noexcept {
  if (handed_on_) return;
  const auto own = std::ranges::find(booked_, who, &booking::who);
  if (own == booked_.end())
    booked_.push_back({who, 1});
  else
    ++own->count;
}

void bookings::take_back(const owner& who) noexcept {
  const auto own = std::ranges::find(booked_, who, &booking::who);
  if (own != booked_.end() && --own->count == 0) booked_.erase(own);
}

void bookings::release(const owner& who, std::int64_t count) noexcept {
  if (handed_on_) return;
  const auto take = [&](auto&& is_own) {
    for (booking& b : booked_) {
      if (!is_own(b)) continue;
      const std::int64_t taken = std::min(count, b.count);
      b.count -= taken;
      count -= taken;
    }
  };
  take([&](const booking& b) { return b.who.session == who.session; });
  if (count > 0) take([&](const booking& b) { return same_process(b.who, who); });
  std::erase_if(booked_, [](const booking& b) { return b.count == 0; });
  if (count == 0) return;
  handed_on_ = true;
  booked_.clear();
}

std::int64_t bookings::held_by(const owner& gone) const noexcept {
  std::int64_t held = 0;
  for (const booking& b : booked_)
    if (b.who.session == gone.session) held += b.count;
  return held;
}

void bookings::forget(const owner& gone) noexcept {
  std::erase_if(booked_, [&](const booking& b) { return b.who.session == gone.session; });
}

}  // namespace pickled::inline v0::detail
