#include "process/resource_tracker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unistd.h>

namespace pickled {

void resource_tracker::send(std::string_view command, std::string_view name) const noexcept {
  constexpr std::size_t longest_line = 512;
  std::array<char, longest_line> line;
  const auto written =
      fmt::format_to_n(line.data(), line.size(), "{}:{}:shared_memory\n", command, name);
  if (written.size > line.size()) return;
  [[maybe_unused]] const ssize_t sent = ::write(fd_, line.data(), written.size);
}

void resource_tracker::forget_shared_memory(std::string_view name) const noexcept {
  // The tracker complains of a name that it does not know, and it knows those alone that were made
  // by a process of its own family.
  send("REGISTER", name);
  send("UNREGISTER", name);
}

}  // namespace pickled
