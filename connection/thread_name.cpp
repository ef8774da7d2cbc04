// SPDX-License-Identifier: BSL-1.0

#include "connection/thread_name.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <functional>
#include <thread>
#include <unistd.h>

namespace pickled::inline v0::detail {

namespace {

std::string name_of_process() {
  return fmt::format("{}-{}|", program_invocation_short_name, ::getpid());
}

}  // namespace

std::string thread_name() {
  const auto thread = std::hash<std::thread::id>()(std::this_thread::get_id());
  return fmt::format("{}{:x}", name_of_process(), thread);
}

bool is_thread_of_process(std::string_view name) {
  return name.starts_with(name_of_process());
}

}  // namespace pickled::inline v0::detail
