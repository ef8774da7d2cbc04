// SPDX-License-Identifier: BSL-1.0

// How CPython reads the `blocking` and `timeout` arguments of the calls that wait. It does so in
// four ways, which differ in what they accept and in their texts. Results are seconds; nullopt
// waits for ever, 0 not at all. All throw python_error where CPython raises.

#ifndef PICKLED_SERVER_SYNC_WAIT_ARGUMENTS_HPP
#define PICKLED_SERVER_SYNC_WAIT_ARGUMENTS_HPP

#include "pickled/frozen/frozen.hpp"
#include "server/python/truth.hpp"
#include "server/types/arguments.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace pickled::inline v0::detail {

// The number that an int, bool or float is, subclasses of theirs too; nullopt for anything else.
// An int that does not fit 64 bits is infinite.
std::optional<double> double_of(const frozen& argument);

// `'<' not supported between instances of 'str' and 'int'`, for any operator.
[[noreturn]] void not_comparable(std::string_view operation, const frozen& argument);

// A count of permits, parties and the like: an int, or a float without a fraction; cut to 62 bits.
// Anything that is no number is not_comparable by '<' with an int.
std::int64_t count_argument(const frozen& argument);

struct acquire_arguments {
  bool blocking = true;
  std::optional<double> timeout;
};

// acquire(blocking=True, timeout=-1) of _thread.lock and _thread.RLock. "can't specify a timeout
// for a non-blocking call", "timeout value must be a non-negative number".
acquire_arguments bind_acquire(arguments& args);

// Condition.wait and Event.wait: `timeout > 0`.
std::optional<double> wait_timeout(const frozen* argument);

// Semaphore.acquire and Barrier.wait: `time() + timeout`.
std::optional<double> endtime_timeout(const frozen* argument);

// Queue.get and Queue.put: `timeout < 0`. The result may be longer than can be waited for.
std::optional<double> queue_timeout(const frozen* argument);
// Throws OverflowError "timestamp out of range for platform time_t" where it is.
void check_timestamp(std::optional<double> seconds);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_SYNC_WAIT_ARGUMENTS_HPP
