// SPDX-License-Identifier: BSL-1.0

#include "process/command_line.hpp"

#include <charconv>

namespace pickled::inline v0::detail {

namespace {

constexpr std::string_view spawn_prefix =
    "from multiprocessing.spawn import spawn_main; spawn_main(";

// The number of "tracker_fd=5"; nullopt for anything else, None among it.
std::optional<int> number_of(std::string_view item) {
  const std::string_view digits = item.substr(item.find('=') + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0)
    return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::size_t> find_code(std::span<const std::string> arguments) {
  // A command of ours comes first and is no flag.
  if (arguments.empty() || !arguments.front().starts_with('-')) return std::nullopt;
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i)
    if (arguments[i] == "-c" && arguments[i + 1].find("multiprocessing") != std::string::npos)
      return i + 1;
  return std::nullopt;
}

std::optional<spawn_arguments> parse_spawn_code(std::string_view code) {
  if (!code.starts_with(spawn_prefix) || !code.ends_with(')')) return std::nullopt;
  std::string_view rest = code.substr(spawn_prefix.size());
  rest.remove_suffix(1);
  spawn_arguments found;
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(", "));
    rest.remove_prefix(std::min(rest.size(), item.size() + 2));
    if (item.starts_with("pipe_handle="))
      found.pipe_handle = number_of(item).value_or(-1);
    else if (item.starts_with("tracker_fd="))
      found.tracker_fd = number_of(item);
  }
  if (found.pipe_handle < 0) return std::nullopt;
  return found;
}

}  // namespace pickled::inline v0::detail
