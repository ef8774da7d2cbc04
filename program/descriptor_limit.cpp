// SPDX-License-Identifier: BSL-1.0

#include "program/descriptor_limit.hpp"

#include <sys/resource.h>

namespace pickled::inline v0::detail {

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace pickled::inline v0::detail
