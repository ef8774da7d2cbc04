// SPDX-License-Identifier: BSL-1.0

// How long a blocking call may take: CPython's timeout, as the moment when it has passed.

#ifndef PICKLED_PROCESS_DEADLINE_HPP
#define PICKLED_PROCESS_DEADLINE_HPP

#include "pickled/connection/time_limit.hpp"
#include "pickled/namespace.hpp"

#include <chrono>
#include <optional>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// Without a value there is none: Python's timeout=None. One that has passed already asks for what
// can be had at once.
using deadline = std::optional<std::chrono::steady_clock::time_point>;

template <class Rep, class Period>
deadline deadline_after(const std::chrono::duration<Rep, Period>& timeout) {
  if (std::chrono::duration<double>(timeout) >= detail::longest_limit) return std::nullopt;
  return detail::time_after(timeout);
}

// Of a system call that waits in milliseconds: -1 for ever.
inline int poll_timeout(const deadline& until) {
  return until ? detail::poll_timeout(*until) : -1;
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_DEADLINE_HPP
