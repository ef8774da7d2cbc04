// SPDX-License-Identifier: BSL-1.0

// Durations as Python's blocking methods take them: seconds as a float.

#ifndef PICKLED_PROXY_TIMEOUT_HPP
#define PICKLED_PROXY_TIMEOUT_HPP

#include "pickled/namespace.hpp"

#include <chrono>

PICKLED_BEGIN_NAMESPACE

// Never negative, and never beyond threading.TIMEOUT_MAX, which Python refuses.
template <class Rep, class Period>
double timeout_seconds(const std::chrono::duration<Rep, Period>& timeout) {
  constexpr double longest = 9'000'000'000;
  const double seconds = std::chrono::duration<double>(timeout).count();
  return seconds < 0 ? 0 : seconds > longest ? longest : seconds;
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_TIMEOUT_HPP
