// SPDX-License-Identifier: BSL-1.0

// The unpickler's stack. MARKs are kept apart, as in CPython's C unpickler: no instruction reaches
// below the last one, which is the fence.

#ifndef PICKLED_PICKLE_CODEC_VALUE_STACK_HPP
#define PICKLED_PICKLE_CODEC_VALUE_STACK_HPP

#include "pickled/value/error.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <vector>

namespace pickled::inline v0::detail {

class value_stack {
 public:
  explicit value_stack(std::size_t max_memory) : limit_(max_memory / sizeof(value_view)) {}

  // Everything, whatever the fence.
  std::size_t size() const noexcept { return size_; }
  // The items above the fence.
  std::size_t reachable() const noexcept { return size_ - fence_; }
  // What it is that keeps an instruction from having the items it needs.
  pickle_errc underflow() const noexcept {
    return marks_.empty() ? pickle_errc::stack_underflow : pickle_errc::unexpected_mark;
  }

  // Preconditions: reachable() is large enough.
  value_view& top(std::size_t from_top = 0) noexcept { return items_[size_ - 1 - from_top]; }
  value_view pop() noexcept { return items_[--size_]; }
  void drop(std::size_t count) noexcept { size_ -= count; }
  std::span<value_view> last(std::size_t count) noexcept {
    return {items_.get() + (size_ - count), count};
  }

  [[nodiscard]] bool push(value_view v) {
    if (size_ == capacity_ && !grow()) [[unlikely]]
      return false;
    items_[size_++] = v;
    return true;
  }

  [[nodiscard]] bool push_mark() {
    if (marks_.size() >= limit_) return false;
    marks_.push_back(size_);
    fence_ = size_;
    return true;
  }
  // Takes the last mark; the items above it are the last `count`.
  [[nodiscard]] bool pop_mark(std::size_t& count) noexcept {
    if (marks_.empty()) return false;
    count = size_ - marks_.back();
    marks_.pop_back();
    fence_ = marks_.empty() ? 0 : marks_.back();
    return true;
  }
  bool mark_on_top() const noexcept { return !marks_.empty() && marks_.back() == size_; }

 private:
  struct free_memory {
    void operator()(value_view* items) const noexcept { std::free(items); }
  };

  bool grow() {
    const std::size_t capacity = capacity_ == 0 ? 64 : capacity_ * 2;
    if (capacity > limit_ && size_ >= limit_) return false;
    void* grown = std::realloc(static_cast<void*>(items_.get()), capacity * sizeof(value_view));
    if (grown == nullptr) throw std::bad_alloc();
    static_cast<void>(items_.release());
    items_.reset(static_cast<value_view*>(grown));
    capacity_ = capacity;
    return true;
  }

  std::unique_ptr<value_view[], free_memory> items_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t fence_ = 0;
  std::size_t limit_;
  std::vector<std::size_t> marks_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_CODEC_VALUE_STACK_HPP
