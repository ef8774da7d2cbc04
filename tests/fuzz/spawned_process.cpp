// SPDX-License-Identifier: BSL-1.0

// Whatever a parent writes into the pipe of a process that it spawns is read without a byte too
// many, or is an error.

#include "process/spawned_process.hpp"

#include "pickled/process/run_server.hpp"

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int pipe = ::memfd_create("pipe", MFD_CLOEXEC);
  if (::ftruncate(pipe, 0) != 0 || ::lseek(pipe, 0, SEEK_SET) != 0 ||
      ::write(pipe, data, size) != static_cast<ssize_t>(size) || ::lseek(pipe, 0, SEEK_SET) != 0)
    std::abort();
  try {
    const pickled::detail::spawned_process process = pickled::detail::read_spawned_process(pipe);
    if (process.pickles.size() > size) std::abort();
    static_cast<void>(pickled::read_run_server(process.process));
  } catch (const std::runtime_error&) {
  }
  return 0;
}
