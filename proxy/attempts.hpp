// SPDX-License-Identifier: BSL-1.0

// What is left of the attempts to connect that a policy allows.

#ifndef PICKLED_PROXY_ATTEMPTS_HPP
#define PICKLED_PROXY_ATTEMPTS_HPP

#include "pickled/connection/time_limit.hpp"
#include "pickled/proxy/server_link.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>

namespace pickled::inline v0::detail {

class attempts {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  // None begins after `until`.
  attempts(const reconnect_policy& policy, std::optional<time_point> until)
      : left_(policy.attempts),
        delay_(microseconds_of(policy.first_delay)),
        longest_delay_(microseconds_of(policy.longest_delay)),
        last_(until) {
    if (policy.deadline) {
      const auto last = time_after(*policy.deadline);
      last_ = std::min(last, last_.value_or(last));
    }
  }

  // When the next one may begin; nullopt where there is none.
  std::optional<time_point> next() {
    if (left_ == 0) return std::nullopt;
    --left_;
    delay_ = std::min(delay_, longest_delay_);
    std::uniform_int_distribution<microseconds::rep> part(delay_.count() / 2, delay_.count());
    const auto at = std::chrono::steady_clock::now() + microseconds(part(random_));
    if (last_ && at > *last_) return std::nullopt;
    delay_ *= 2;
    return at;
  }

 private:
  using microseconds = std::chrono::microseconds;

  static microseconds microseconds_of(std::chrono::milliseconds delay) {
    return std::chrono::duration_cast<microseconds>(bounded(delay));
  }

  unsigned left_;
  microseconds delay_;
  microseconds longest_delay_;
  std::optional<time_point> last_;
  std::minstd_rand random_{std::random_device()()};
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROXY_ATTEMPTS_HPP
