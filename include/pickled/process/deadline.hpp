// SPDX-License-Identifier: BSL-1.0

// How long a blocking call may take: CPython's timeout, as the moment when it has passed.

#ifndef PICKLED_PROCESS_DEADLINE_HPP
#define PICKLED_PROCESS_DEADLINE_HPP

#include "pickled/namespace.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// Without a value there is none: Python's timeout=None. One that has passed already asks for what
// can be had at once.
using deadline = std::optional<std::chrono::steady_clock::time_point>;

template <class Rep, class Period>
deadline deadline_after(const std::chrono::duration<Rep, Period>& timeout) {
  using clock = std::chrono::steady_clock;
  // What is longer would overflow the clock.
  constexpr std::chrono::duration<double> for_ever = std::chrono::hours(24 * 365 * 100);
  if (std::chrono::duration<double>(timeout) >= for_ever) return std::nullopt;
  return clock::now() + std::chrono::duration_cast<clock::duration>(timeout);
}

// Of a system call that waits in milliseconds: -1 for ever, rounded up.
inline int poll_timeout(const deadline& until) {
  if (!until) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*until - std::chrono::steady_clock::now());
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24);
  return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), longest).count());
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_DEADLINE_HPP
