// SPDX-License-Identifier: BSL-1.0

// Memory for one asynchronous operation at a time: starting one again and again allocates nothing,
// and cannot fail for want of memory.

#ifndef PICKLED_CONNECTION_HANDLER_MEMORY_HPP
#define PICKLED_CONNECTION_HANDLER_MEMORY_HPP

#include <cstddef>
#include <new>
#include <utility>

namespace pickled::inline v0::detail {

// Must outlive the operation. What is started while another one is under way, or is larger than
// this, comes from the heap.
class handler_memory {
 public:
  handler_memory() = default;
  handler_memory(const handler_memory&) = delete;
  handler_memory& operator=(const handler_memory&) = delete;

  void* allocate(std::size_t size) {
    if (used_ || size > sizeof storage_) return ::operator new(size);
    used_ = true;
    return storage_;
  }
  void deallocate(void* memory) noexcept {
    if (memory == storage_)
      used_ = false;
    else
      ::operator delete(memory);
  }

 private:
  alignas(std::max_align_t) std::byte storage_[256];
  bool used_ = false;
};

// How Asio is told of it.
template <class T>
class handler_allocator {
 public:
  using value_type = T;

  explicit handler_allocator(handler_memory& memory) noexcept : memory_(&memory) {}
  template <class Other>
  explicit handler_allocator(const handler_allocator<Other>& other) noexcept
      : memory_(&other.memory()) {}

  T* allocate(std::size_t count) { return static_cast<T*>(memory_->allocate(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t) noexcept { memory_->deallocate(memory); }

  handler_memory& memory() const noexcept { return *memory_; }
  friend bool operator==(const handler_allocator& a, const handler_allocator& b) noexcept {
    return a.memory_ == b.memory_;
  }

 private:
  handler_memory* memory_;
};

// A completion handler whose operation lives in `memory`.
template <class Handler>
class handler_within {
 public:
  using allocator_type = handler_allocator<Handler>;

  handler_within(handler_memory& memory, Handler handler)
      : memory_(&memory), handler_(std::move(handler)) {}

  allocator_type get_allocator() const noexcept { return allocator_type(*memory_); }
  template <class... Arguments>
  void operator()(Arguments&&... arguments) {
    handler_(std::forward<Arguments>(arguments)...);
  }

 private:
  handler_memory* memory_;
  Handler handler_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_CONNECTION_HANDLER_MEMORY_HPP
