// SPDX-License-Identifier: BSL-1.0

#include "process/spawned_process.hpp"

#include "pickled/codec/stream.hpp"
#include "pickled/connection/socket.hpp"
#include "pickled/process/python.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

constexpr std::size_t largest_read = std::size_t{1} << 20;

std::size_t read_some(int pipe, std::byte* to, std::size_t room) {
  for (;;) {
    const ssize_t count = ::read(pipe, to, room);
    if (count > 0) return static_cast<std::size_t>(count);
    if (count == 0) throw std::runtime_error("the process that started this one is gone");
    if (errno != EINTR) throw std::system_error(last_error(), "cannot read what is to be run");
  }
}

void read_pickle(int pipe, buffer& to) {
  pickle_splitter splitter;
  while (!splitter.done()) {
    const auto room =
        static_cast<std::size_t>(std::min<std::uint64_t>(splitter.wanted(), largest_read));
    const std::size_t count = read_some(pipe, to.prepare(room), room);
    to.commit(count);
    splitter.feed(to.view().last(count));
  }
}

// A file in memory that stands at its start.
int make_file(bytes_view content) {
  descriptor file(::memfd_create("pickles", 0));
  if (!file) throw std::system_error(last_error(), "cannot make a file in memory");
  while (!content.empty()) {
    const ssize_t count = ::write(file.get(), content.data(), content.size());
    if (count < 0) throw std::system_error(last_error(), "cannot write a file in memory");
    content = content.subspan(static_cast<std::size_t>(count));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file.release();
}

}  // namespace

spawned_process read_spawned_process(int pipe) {
  spawned_process read;
  read_pickle(pipe, read.pickles);
  const std::size_t second = read.pickles.size();
  read_pickle(pipe, read.pickles);
  // It comes from the program that started us, which may pass on whatever it likes.
  load_options options;
  options.max_memory = std::numeric_limits<std::size_t>::max();
  options.borrow = true;
  load_error error;
  read.process = loads(read.pickles.view().subspan(second), error, options);
  if (error) read.process = value();
  return read;
}

void exec_spawned_process(const spawned_process& process, const spawn_arguments& spawned,
                          std::span<const std::string> arguments, std::size_t code) {
  const int pickles = make_file(process.pickles);
  std::vector<std::string> passed(arguments.begin(), arguments.end());
  // What spawn_main does, but for the pipe having two parts to play: one to be read, and one whose
  // end is the parent's.
  passed[code] = fmt::format(
      "import sys; from multiprocessing import resource_tracker, spawn; "
      "resource_tracker._resource_tracker._fd = {}; sys.exit(spawn._main({}, {}))",
      spawned.tracker_fd ? std::to_string(*spawned.tracker_fd) : "None", pickles,
      spawned.pipe_handle);
  exec_python(passed);
}

}  // namespace pickled::inline v0::detail
