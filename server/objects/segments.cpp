// SPDX-License-Identifier: BSL-1.0

#include "server/objects/segments.hpp"

#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"

#include <climits>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <sys/mman.h>
#include <utility>

namespace pickled::inline v0::detail {

namespace {

std::string with_slash(std::string_view name) {
  return '/' + std::string(name);
}

}  // namespace

segments::segments(std::function<void(const std::string&)> removed)
    : removed_(std::move(removed)) {}

void segments::remove_all() noexcept {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    names.swap(names_);
  }
  for (const std::string& name : names)
    try {
      unlink(with_slash(name));
    } catch (const std::exception&) {
      // There is no memory for its name: it stays.
    }
}

void segments::track(std::string name) {
  if (name.size() > NAME_MAX)  // no segment has it
    throw python_error("OSError", fmt::format("[Errno {}] File name too long", ENAMETOOLONG));
  const std::lock_guard lock(mutex_);
  names_.push_back(std::move(name));
}

void segments::release(std::string_view name) {
  {
    const std::lock_guard lock(mutex_);
    const auto at = std::ranges::find(names_, name);
    if (at == names_.end()) throw python_error("ValueError", "list.remove(x): x not in list");
    names_.erase(at);
  }
  const std::string path = with_slash(name);
  if (unlink(path)) return;
  const int error = errno;
  throw python_error(error == ENOENT ? "FileNotFoundError" : "OSError",
                     fmt::format("[Errno {}] {}: {}", error, std::strerror(error), repr(path)));
}

std::vector<std::string> segments::list() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

bool segments::unlink(const std::string& name) const {
  if (::shm_unlink(name.c_str()) != 0) return false;
  if (removed_) removed_(name);
  return true;
}

}  // namespace pickled::inline v0::detail
