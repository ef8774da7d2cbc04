// SPDX-License-Identifier: BSL-1.0

// A file's bytes in memory, read by the system when they are looked at.

#ifndef PICKLED_FILES_MAPPED_FILE_HPP
#define PICKLED_FILES_MAPPED_FILE_HPP

#include "pickled/value/buffer.hpp"

#include <filesystem>
#include <utility>

PICKLED_BEGIN_NAMESPACE

// Owns the mapping; views of its bytes end with it. Mapped for reading only, and as the file was:
// who cuts it off meanwhile ends a program that looks behind the new end with SIGBUS.
class mapped_file {
 public:
  mapped_file() noexcept = default;
  // Throws std::system_error where it cannot be opened or mapped; what() has the path.
  explicit mapped_file(const std::filesystem::path& path);
  mapped_file(mapped_file&& other) noexcept : content_(std::exchange(other.content_, {})) {}
  mapped_file& operator=(mapped_file&& other) noexcept {
    std::swap(content_, other.content_);
    return *this;
  }
  ~mapped_file();

  bytes_view content() const noexcept { return content_; }

 private:
  bytes_view content_;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_FILES_MAPPED_FILE_HPP
