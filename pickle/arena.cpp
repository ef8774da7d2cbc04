#include "pickle/arena.hpp"

#include <algorithm>
#include <new>

namespace pickled {

namespace {
constexpr std::size_t largest_chunk = std::size_t{1} << 20;
}

void* arena::allocate(std::size_t size, std::size_t alignment) {
  void* at = try_allocate(size, alignment);
  if (at == nullptr) throw std::bad_alloc();
  return at;
}

// A piece as large as a chunk gets one of its own, and the current chunk goes on.
void* arena::allocate_chunk(std::size_t size) noexcept {
  const bool alone = size >= chunk_ / 2;
  const std::size_t taken = alone ? size : chunk_;
  if (taken > limit_ - std::min(limit_, bytes_)) return nullptr;
  std::unique_ptr<std::byte[]> chunk(new (std::nothrow) std::byte[taken]);
  if (!chunk) return nullptr;
  std::byte* at = chunk.get();
  try {
    chunks_.push_back(std::move(chunk));
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  bytes_ += taken;
  if (!alone) {
    next_ = at + size;
    left_ = taken - size;
  }
  chunk_ = std::min(chunk_ * 2, largest_chunk);
  return at;
}

}  // namespace pickled
