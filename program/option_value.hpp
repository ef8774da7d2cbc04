// The texts in which options are given. Each function is false where the text is no such value.

#ifndef PICKLED_PROGRAM_OPTION_VALUE_HPP
#define PICKLED_PROGRAM_OPTION_VALUE_HPP

#include "server/types/owner.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <sys/types.h>

namespace pickled {

// "true" or "false".
bool read_flag(std::string_view text, bool& flag) noexcept;
// Decimal digits.
bool read_count(std::string_view text, std::uint64_t& count) noexcept;
// Bytes: digits and perhaps a unit of k, m, g or t, which count in 1024; "16m", "16mb", "16MiB".
bool read_bytes(std::string_view text, std::uint64_t& bytes) noexcept;
// Seconds with decimals, "0.5"; 0 and more, up to a million days.
bool read_seconds(std::string_view text, std::chrono::milliseconds& time) noexcept;
// A mode of a file in octal digits, "0600".
bool read_mode(std::string_view text, mode_t& mode) noexcept;
// One of `holder_death_names`.
bool read_holder_death(std::string_view text, holder_death& policy) noexcept;
inline constexpr std::string_view holder_death_names = "default, keep, release or poison";

}  // namespace pickled

#endif  // PICKLED_PROGRAM_OPTION_VALUE_HPP
