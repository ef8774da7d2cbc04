// SPDX-License-Identifier: BSL-1.0

#include "pickled/files/mapped_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

PICKLED_BEGIN_NAMESPACE
namespace {

class open_file {
 public:
  explicit open_file(const char* path) : fd_(::open(path, O_RDONLY | O_CLOEXEC)) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

}  // namespace

mapped_file::mapped_file(const std::filesystem::path& path) {
  const auto fail = [&](int error) {
    throw std::system_error(error, std::generic_category(), path.string());
  };
  const open_file file(path.c_str());
  struct stat status = {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) fail(errno);
  if (S_ISDIR(status.st_mode)) fail(EISDIR);
  // An empty file cannot be mapped, and what is not regular has no size.
  if (!S_ISREG(status.st_mode)) fail(EINVAL);
  if (status.st_size == 0) return;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (mapped == MAP_FAILED) fail(errno);
  content_ = {static_cast<const std::byte*>(mapped), size};
}

mapped_file::~mapped_file() {
  if (!content_.empty()) ::munmap(const_cast<std::byte*>(content_.data()), content_.size());
}

PICKLED_END_NAMESPACE
