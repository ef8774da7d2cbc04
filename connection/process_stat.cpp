// SPDX-License-Identifier: BSL-1.0

#include "connection/process_stat.hpp"

#include "pickled/connection/socket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace pickled::inline v0::detail {

std::optional<process_stat> read_process_stat(int file) noexcept {
  // Longer than what is read is. It is made anew for every read, so one has to do.
  std::array<char, 4096> text;
  const ssize_t size = ::read(file, text.data(), text.size());
  if (size <= 0) return std::nullopt;
  return parse_process_stat({text.data(), static_cast<std::size_t>(size)});
}

std::optional<process_stat> process_stat_of(pid_t pid) noexcept {
  std::array<char, 32> path{};
  fmt::format_to_n(path.data(), path.size() - 1, "/proc/{}/stat", pid);
  const descriptor file(::open(path.data(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  return read_process_stat(file.get());
}

std::optional<process_stat> parse_process_stat(std::string_view text) noexcept {
  // The name of the program, in parentheses, may hold anything.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::string_view rest = text.substr(name_end + 1);
  const auto next = [&rest] {
    rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(" \n")));
    const std::string_view field = rest.substr(0, rest.find_first_of(" \n"));
    rest.remove_prefix(field.size());
    return field;
  };
  const auto read = [](std::string_view field, auto& number) {
    return std::from_chars(field.data(), field.data() + field.size(), number).ec == std::errc();
  };
  constexpr int state_field = 3, threads_field = 20, start_time_field = 22, exit_code_field = 52;
  process_stat found;
  const std::string_view state = next();
  if (state.empty()) return std::nullopt;
  found.state = state.front();
  for (int i = state_field + 1; i != threads_field; ++i)
    next();
  if (!read(next(), found.threads)) return std::nullopt;
  for (int i = threads_field + 1; i != start_time_field; ++i)
    next();
  if (!read(next(), found.start_time)) return std::nullopt;
  for (int i = start_time_field + 1; i != exit_code_field; ++i)
    next();
  if (!read(next(), found.exit_code)) return std::nullopt;
  return found;
}

}  // namespace pickled::inline v0::detail
