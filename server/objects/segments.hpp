// SPDX-License-Identifier: BSL-1.0

// Shared memory that clients make and leave to the server to remove: CPython's
// managers._SharedMemoryTracker. Only names are known here; nothing is mapped.

#ifndef PICKLED_SERVER_OBJECTS_SEGMENTS_HPP
#define PICKLED_SERVER_OBJECTS_SEGMENTS_HPP

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pickled::inline v0::detail {

// May be used by any thread. Names are those of SharedMemory.name, without the slash before them.
class segments {
 public:
  // `removed`, where there is one, is told every name, with its slash, after its segment was
  // removed.
  explicit segments(std::function<void(const std::string&)> removed = {});
  segments(const segments&) = delete;
  segments& operator=(const segments&) = delete;
  ~segments() { remove_all(); }

  void track(std::string name);
  // Removes it. Throws python_error: ValueError where it is not tracked, FileNotFoundError where
  // somebody else has removed it.
  void release(std::string_view name);
  // Removes what is tracked, whoever has done so before.
  void remove_all() noexcept;
  // In the order in which they came.
  std::vector<std::string> list() const;

 private:
  bool unlink(const std::string& name) const;

  const std::function<void(const std::string&)> removed_;
  mutable std::mutex mutex_;
  std::vector<std::string> names_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_OBJECTS_SEGMENTS_HPP
