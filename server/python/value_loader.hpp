// SPDX-License-Identifier: BSL-1.0

// A Python process that loads pickles and says how that went. It runs whatever they name, and so
// belongs beside a server, never inside of it.
//
//   to it:   8 bytes, little-endian: length; a pickle
//   from it: the same; nothing where it was loaded, else "ValueError\ntext" in UTF-8

#ifndef PICKLED_SERVER_PYTHON_VALUE_LOADER_HPP
#define PICKLED_SERVER_PYTHON_VALUE_LOADER_HPP

#include "pickled/connection/socket.hpp"
#include "pickled/frozen/splicer.hpp"

#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <sys/types.h>

namespace pickled::inline v0::detail {

// Used by one thread at a time, but for end().
class value_loader {
 public:
  // What keeps it from answering: it cannot be started, it has ended, or it takes too long.
  class failure : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
  };

  // `interpreter` is looked for in PATH where it has no slash.
  explicit value_loader(std::string interpreter) : interpreter_(std::move(interpreter)) {}
  value_loader(const value_loader&) = delete;
  value_loader& operator=(const value_loader&) = delete;
  ~value_loader();

  // Empty where the pickle was loaded; else the class of the exception, a new line, and its text.
  // Starts the process where there is none, and ends it at a failure. Throws failure.
  std::string load(const spliced& pickle, std::chrono::milliseconds limit);
  // Ends the process, which is started no more. From any thread, also while load() waits.
  void end() noexcept;

 private:
  using time_point = std::chrono::steady_clock::time_point;

  void start();
  void stop() noexcept;
  void send(bytes_view bytes, time_point until);
  void receive(std::byte* to, std::size_t size, time_point until);
  void wait(short events, time_point until);

  const std::string interpreter_;
  descriptor socket_;
  std::mutex mutex_;  // of what follows
  pid_t pid_ = 0;
  bool ended_ = false;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_PYTHON_VALUE_LOADER_HPP
