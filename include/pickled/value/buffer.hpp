// SPDX-License-Identifier: BSL-1.0

// A growing run of bytes that never fills what it is about to overwrite: the output of dumps and
// of everything else that writes.

#ifndef PICKLED_VALUE_BUFFER_HPP
#define PICKLED_VALUE_BUFFER_HPP

#include "pickled/namespace.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>

PICKLED_BEGIN_NAMESPACE

using bytes_view = std::span<const std::byte>;

// The bytes of a text, and the text of bytes: no copy, the same lifetime.
inline bytes_view as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(bytes_view bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class buffer {
 public:
  buffer() noexcept = default;
  explicit buffer(bytes_view content) { append(content); }
  buffer(buffer&& other) noexcept
      : data_(std::move(other.data_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  buffer& operator=(buffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }
  std::byte* data() noexcept { return data_.get(); }
  const std::byte* data() const noexcept { return data_.get(); }
  bytes_view view() const noexcept { return {data_.get(), size_}; }
  operator bytes_view() const noexcept { return view(); }

  void clear() noexcept { size_ = 0; }

  // Room for `count` more bytes, to be filled through the pointer and then committed.
  std::byte* prepare(std::size_t count) {
    if (capacity_ - size_ < count) grow(count);
    return data_.get() + size_;
  }
  void commit(std::size_t count) noexcept { size_ += count; }

  void append(bytes_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void append(std::string_view text) { append(as_bytes(text)); }
  void push_back(std::byte byte) {
    *prepare(1) = byte;
    ++size_;
  }
  // Drops everything after the first `size` bytes.
  void truncate(std::size_t size) noexcept { size_ = size; }
  // Drops the first `count` bytes; what follows moves to the front.
  void consume(std::size_t count) noexcept {
    size_ -= count;
    if (size_ != 0) std::memmove(data_.get(), data_.get() + count, size_);
  }

 private:
  struct free_memory {
    void operator()(std::byte* data) const noexcept { std::free(data); }
  };

  void grow(std::size_t count) {
    std::size_t capacity = capacity_ < 64 ? 64 : capacity_ + capacity_ / 2;
    // With room for the little that mostly follows: growing again would move all of it.
    if (capacity - size_ < count) capacity = size_ + count + 64;
    void* grown = std::realloc(data_.get(), capacity);
    if (grown == nullptr) throw std::bad_alloc();
    static_cast<void>(data_.release());
    data_.reset(static_cast<std::byte*>(grown));
    capacity_ = capacity;
  }

  std::unique_ptr<std::byte, free_memory> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_VALUE_BUFFER_HPP
