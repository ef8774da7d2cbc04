// SPDX-License-Identifier: BSL-1.0

#include "pickle/value/pages.hpp"

#include <cerrno>
#include <cstdint>
#include <sys/mman.h>

namespace pickled::inline v0::detail {

namespace {
constexpr std::size_t page_size = 4096;
constexpr std::size_t smallest = 16 * page_size;
constexpr std::size_t huge_page_size = std::size_t{2} << 20;
}  // namespace

void provide_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t size) noexcept {
#ifdef MADV_POPULATE_WRITE
  if (size < smallest) return;
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t begin = (address + page_size - 1) & ~(page_size - 1);
  const std::uintptr_t end = (address + size) & ~(page_size - 1);
  const int before = errno;
  if (size >= 2 * huge_page_size) {
    static_cast<void>(madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE));
  }
  // A kernel before 5.14, or one with larger pages, refuses; then they come one by one.
  static_cast<void>(madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE));
  errno = before;
#endif
}

}  // namespace pickled::inline v0::detail
