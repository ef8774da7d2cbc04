// SPDX-License-Identifier: BSL-1.0

#include "server/sync/wait_arguments.hpp"

#include "frozen/thaw.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/type_name.hpp"
#include "python/behaviour.hpp"
#include "server/python/truth.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>
#include <variant>

namespace pickled::inline v0::detail {
namespace {

constexpr double nanoseconds = 1e9;
constexpr double past_int64 = 0x1p63;
constexpr std::int64_t most = (std::int64_t{1} << 62) - 1;

std::string class_of_argument(const frozen& argument) {
  return std::string(type_name(thaw(argument)));
}

bool given(const frozen* argument) {
  return argument != nullptr && !argument->is_none();
}

// _PyTime_FromSecondsObject: what a wait of C code accepts as seconds.
double c_seconds(const frozen& argument) {
  if (const auto real = argument.as_real()) {
    if (std::isnan(*real)) throw python_error("ValueError", "Invalid value NaN (not a number)");
    check_timestamp(*real);
    return *real;
  }
  const auto seconds = double_of(argument);
  if (!seconds)
    throw python_error("TypeError", fmt::format("'{}' object cannot be interpreted as an integer",
                                                class_of_argument(argument)));
  if (std::fabs(*seconds) * nanoseconds >= past_int64)
    throw python_error("OverflowError", "timestamp too large to convert to C PyTime_t");
  return *seconds;
}

// The two parameters of acquire(), bound as PyArg_ParseTupleAndKeywords does.
struct acquire_parameters {
  const frozen* blocking = nullptr;
  const frozen* timeout = nullptr;
};

acquire_parameters bind_parameters(arguments& args) {
  const std::size_t count = args.positional().size() + args.keywords().size();
  if (count > 2)
    throw python_error("TypeError",
                       fmt::format("acquire() takes at most 2 arguments ({} given)", count));
  acquire_parameters bound;
  if (!args.positional().empty()) bound.blocking = &args.positional()[0];
  if (args.positional().size() > 1) bound.timeout = &args.positional()[1];
  for (const auto& [name, argument] : args.keywords()) {
    const frozen** parameter = name == "blocking"  ? &bound.blocking
                               : name == "timeout" ? &bound.timeout
                                                   : nullptr;
    if (parameter == nullptr)
      throw python_error("TypeError",
                         fmt::format("acquire() got an unexpected keyword argument '{}'", name));
    if (*parameter != nullptr)
      throw python_error(
          "TypeError",
          fmt::format("argument for acquire() given by name ('{}') and position (1)", name));
    *parameter = &argument;
  }
  return bound;
}

}  // namespace

std::optional<double> double_of(const frozen& argument) {
  if (const auto real = argument.as_real()) return real;
  if (const auto integer = argument.as_integer()) return static_cast<double>(*integer);
  if (argument.kind() != kind::big_integer && argument.kind() != kind::instance)
    return std::nullopt;
  const value thawed = thaw(argument);
  arena made;  // of numpy's largest integers
  const std::optional<number> n = number_of(plain_number(thawed, made));
  if (!n) return std::nullopt;
  if (const auto* real = std::get_if<double>(&*n)) return *real;
  if (const auto* integer = std::get_if<std::int64_t>(&*n)) return static_cast<double>(*integer);
  const auto* big = std::get_if<integer_bytes>(&*n);
  if (big == nullptr) return std::nullopt;
  const double infinity = std::numeric_limits<double>::infinity();
  return big->negative() ? -infinity : infinity;
}

void not_comparable(std::string_view operation, const frozen& argument) {
  if (number_of(value_argument(thaw(argument))))
    throw python_error("TypeError", fmt::format("'{}' object cannot be interpreted as an integer",
                                                class_of_argument(argument)));
  throw python_error(
      "TypeError", fmt::format("'{}' not supported between instances of '{}' and 'int'", operation,
                               class_of_argument(argument)));
}

std::int64_t count_argument(const frozen& argument) {
  const auto n = double_of(argument);
  if (!n) not_comparable("<", argument);
  if (*n >= static_cast<double>(most)) return most;
  if (*n <= -static_cast<double>(most)) return -most;
  if (const auto integer = argument.as_integer()) return *integer;
  if (std::trunc(*n) != *n)
    throw python_error("TypeError", fmt::format("'{}' object cannot be interpreted as an integer",
                                                class_of_argument(argument)));
  return static_cast<std::int64_t>(*n);
}

acquire_arguments bind_acquire(arguments& args) {
  const acquire_parameters bound = bind_parameters(args);
  acquire_arguments result;
  result.blocking = bound.blocking == nullptr || truth(*bound.blocking);
  if (bound.timeout == nullptr) return result;
  const double seconds = c_seconds(*bound.timeout);
  // CPython rounds to nanoseconds, away from zero, before it looks for the -1 that means none.
  const bool unset = std::floor(seconds * nanoseconds) == -nanoseconds;
  if (unset) return result;
  if (!result.blocking)
    throw python_error("ValueError", "can't specify a timeout for a non-blocking call");
  if (seconds < 0) throw python_error("ValueError", "timeout value must be a non-negative number");
  result.timeout = seconds;
  return result;
}

std::optional<double> wait_timeout(const frozen* argument) {
  if (!given(argument)) return std::nullopt;
  const auto seconds = double_of(*argument);
  if (!seconds) not_comparable(">", *argument);
  return *seconds > 0 ? c_seconds(*argument) : 0;
}

std::optional<double> endtime_timeout(const frozen* argument) {
  if (!given(argument)) return std::nullopt;
  const auto seconds = double_of(*argument);
  if (!seconds)
    throw python_error("TypeError",
                       fmt::format("unsupported operand type(s) for +: 'float' and '{}'",
                                   class_of_argument(*argument)));
  // With NaN no comparison with the end ever tells that the time is up.
  if (std::isnan(*seconds)) return std::nullopt;
  return *seconds > 0 ? c_seconds(*argument) : 0;
}

std::optional<double> queue_timeout(const frozen* argument) {
  if (!given(argument)) return std::nullopt;
  const auto seconds = double_of(*argument);
  if (!seconds) not_comparable("<", *argument);
  if (*seconds < 0) throw python_error("ValueError", "'timeout' must be a non-negative number");
  if (std::isnan(*seconds)) return std::nullopt;
  return seconds;
}

void check_timestamp(std::optional<double> seconds) {
  if (seconds && !(std::fabs(*seconds) * nanoseconds < past_int64))
    throw python_error("OverflowError", "timestamp out of range for platform time_t");
}

}  // namespace pickled::inline v0::detail
