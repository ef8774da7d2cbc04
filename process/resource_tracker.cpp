// SPDX-License-Identifier: BSL-1.0

#include "process/resource_tracker.hpp"

#include "pickle/value/base64.hpp"
#include "process/tracker_process.hpp"
#include "process/without_sigpipe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <string>
#include <unistd.h>

namespace pickled::inline v0::detail {

namespace {

struct family_tracker {
  std::mutex mutex;
  int fd = -1;
};

family_tracker& family() {
  static family_tracker tracker;
  return tracker;
}

constexpr std::string_view name_of(resource_tracker::resource type) noexcept {
  return type == resource_tracker::resource::semaphore ? "semaphore" : "shared_memory";
}

std::string line_of(std::string_view command, std::string_view name, std::string_view type) {
  if (name.find('\n') == std::string_view::npos)
    return fmt::format("{}:{}:{}\n", command, name, type);
  std::string encoded = to_base64(as_bytes(name));
  std::replace(encoded.begin(), encoded.end(), '+', '-');
  std::replace(encoded.begin(), encoded.end(), '/', '_');
  return fmt::format("{{\"cmd\": \"{}\", \"rtype\": \"{}\", \"base64_name\": \"{}\"}}\n", command,
                     type, encoded);
}

}  // namespace

resource_tracker resource_tracker::of_process() {
  family_tracker& tracker = family();
  const std::lock_guard guard(tracker.mutex);
  // It reads until the last process that could tell it something is gone.
  if (tracker.fd < 0) tracker.fd = start_tracker().release();
  return resource_tracker(tracker.fd);
}

void resource_tracker::inherit(int fd) {
  family_tracker& tracker = family();
  const std::lock_guard guard(tracker.mutex);
  tracker.fd = fd;
}

void resource_tracker::send(std::string_view command, std::string_view name,
                            resource type) const noexcept {
  constexpr std::size_t longest_line = 512;
  const std::string line = line_of(command, name, name_of(type));
  if (line.size() > longest_line) return;
  without_sigpipe quiet;
  if (::write(fd_, line.data(), line.size()) < 0 && errno == EPIPE) quiet.raised();
}

void resource_tracker::forget_shared_memory(std::string_view name) const noexcept {
  // The tracker complains of a name that it does not know, and it knows those alone that were made
  // by a process of its own family.
  add(name, resource::shared_memory);
  remove(name, resource::shared_memory);
}

}  // namespace pickled::inline v0::detail
