// SPDX-License-Identifier: BSL-1.0

// How long something may take, however long a program says, as the moment when that has passed.

#ifndef PICKLED_CONNECTION_TIME_LIMIT_HPP
#define PICKLED_CONNECTION_TIME_LIMIT_HPP

#include "pickled/namespace.hpp"

#include <algorithm>
#include <chrono>

PICKLED_BEGIN_NAMESPACE

namespace detail {

// What is longer would overflow the clock.
inline constexpr std::chrono::hours longest_limit{24 * 36'525};

// The limit itself, or the longest.
template <class Rep, class Period>
std::chrono::steady_clock::duration bounded(const std::chrono::duration<Rep, Period>& limit) {
  using seconds = std::chrono::duration<double>;
  if (seconds(limit) > longest_limit) return longest_limit;
  if (seconds(limit) < -longest_limit) return -longest_limit;
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(limit);
}

// So long from now.
template <class Rep, class Period>
std::chrono::steady_clock::time_point time_after(const std::chrono::duration<Rep, Period>& limit) {
  return std::chrono::steady_clock::now() + bounded(limit);
}

// Of a system call that waits in milliseconds: rounded up, and a day where it is more than that.
inline int poll_timeout(std::chrono::steady_clock::time_point until) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
  constexpr milliseconds longest = std::chrono::hours(24);
  return static_cast<int>(std::clamp(left, milliseconds(0), longest).count());
}

}  // namespace detail

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONNECTION_TIME_LIMIT_HPP
