// What is told to CPython's resource tracker, which removes named resources that nobody else did:
// ResourceTracker.register and unregister.
//
//   line := ("REGISTER" | "UNREGISTER") ":" name ":" rtype "\n"      at most 512 bytes, in one
//   write

#ifndef PICKLED_PROCESS_RESOURCE_TRACKER_HPP
#define PICKLED_PROCESS_RESOURCE_TRACKER_HPP

#include <optional>
#include <string_view>

namespace pickled {

// May be used by any thread. A tracker that is not there, or not any more, is told nothing.
class resource_tracker {
 public:
  // The write end of its pipe, which is not owned.
  explicit resource_tracker(std::optional<int> fd) noexcept : fd_(fd.value_or(-1)) {}

  // The segment of that name ("/psm_1a2b3c4d") was unlinked, whoever made it.
  void forget_shared_memory(std::string_view name) const noexcept;

 private:
  void send(std::string_view command, std::string_view name) const noexcept;

  int fd_;
};

}  // namespace pickled

#endif  // PICKLED_PROCESS_RESOURCE_TRACKER_HPP
