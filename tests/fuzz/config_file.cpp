// SPDX-License-Identifier: BSL-1.0

// Any configuration file is read, or refused by a message that names it.

#include "program/config_file.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("config", MFD_CLOEXEC);
  static const std::string name = "/proc/self/fd/" + std::to_string(file);
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, data, size, 0) != static_cast<ssize_t>(size))
    std::abort();
  try {
    static_cast<void>(pickled::detail::config_file(name).options());
  } catch (const pickled::detail::usage_error& error) {
    if (!std::string_view(error.what()).starts_with(name)) std::abort();
  }
  return 0;
}
