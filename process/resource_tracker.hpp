// SPDX-License-Identifier: BSL-1.0

// What is told to CPython's resource tracker, which removes named resources that nobody else did:
// ResourceTracker.register and unregister.
//
//   line := ("REGISTER" | "UNREGISTER") ":" name ":" rtype "\n"      at most 512 bytes, in one
//         | {"cmd": ..., "rtype": ..., "base64_name": ...} "\n"      write
//
// The second form, which trackers from 3.14 on read, is for names with a line break.

#ifndef PICKLED_PROCESS_RESOURCE_TRACKER_HPP
#define PICKLED_PROCESS_RESOURCE_TRACKER_HPP

#include <optional>
#include <string_view>

namespace pickled::inline v0::detail {

// May be used by any thread. A tracker that is not there, or not any more, is told nothing.
class resource_tracker {
 public:
  enum class resource { shared_memory, semaphore };

  // The write end of its pipe, which is not owned.
  explicit resource_tracker(std::optional<int> fd) noexcept : fd_(fd.value_or(-1)) {}
  // That of this process and its family: the one that was inherited, or one of its own, which is
  // started here for the first time (tracker_process.hpp). Throws std::system_error where it cannot
  // be.
  static resource_tracker of_process();
  // Makes the tracker that the parent told of (spawn_main's tracker_fd) that of this process.
  static void inherit(int fd);

  // For the children that are to share it; -1 where there is none.
  int fd() const noexcept { return fd_; }

  // A resource of that name ("/psm_1a2b3c4d") was made, and was unlinked by whoever made it.
  void add(std::string_view name, resource type) const noexcept { send("REGISTER", name, type); }
  void remove(std::string_view name, resource type) const noexcept {
    send("UNREGISTER", name, type);
  }
  // The segment of that name was unlinked, whoever made it.
  void forget_shared_memory(std::string_view name) const noexcept;

 private:
  void send(std::string_view command, std::string_view name, resource type) const noexcept;

  int fd_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROCESS_RESOURCE_TRACKER_HPP
