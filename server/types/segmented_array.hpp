// SPDX-License-Identifier: BSL-1.0

// An array that grows at its end without moving what is in it: each segment is as large as all
// before it together, up to a size that all further ones have. A million entries are never copied
// at once, and no more than a segment of their memory is unused.

#ifndef PICKLED_SERVER_TYPES_SEGMENTED_ARRAY_HPP
#define PICKLED_SERVER_TYPES_SEGMENTED_ARRAY_HPP

#include <bit>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

// References hold as long as the element is there.
template <class T>
class segmented_array {
 public:
  segmented_array() noexcept = default;
  segmented_array(const segmented_array& other) : segmented_array() {
    reserve(other.size_);
    for (std::size_t i = 0; i != other.size_; ++i)
      push_back(T(other[i]));
  }
  segmented_array(segmented_array&& other) noexcept
      : segments_(std::move(other.segments_)), size_(std::exchange(other.size_, 0)) {
    other.segments_.clear();
  }
  segmented_array& operator=(segmented_array&& other) noexcept {
    std::swap(segments_, other.segments_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~segmented_array() {
    while (size_ != 0)
      pop_back();
    while (!segments_.empty())
      free_segment();
  }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T& operator[](std::size_t i) noexcept { return *find(i); }
  const T& operator[](std::size_t i) const noexcept { return *find(i); }
  T& back() noexcept { return *find(size_ - 1); }

  // As many can be added without an allocation.
  void reserve(std::size_t count) {
    while (count != 0 && segments_.size() <= place_of(size_ + count - 1).segment)
      add_segment();
  }
  // Where it throws nothing has changed.
  T& push_back(T&& element) {
    reserve(1);
    T* made = ::new (static_cast<void*>(find(size_))) T(std::move(element));
    ++size_;
    return *made;
  }
  // Memory goes when the segment before it is unused as well, so that one that comes and goes at
  // the border costs nothing.
  void pop_back() noexcept {
    --size_;
    std::destroy_at(find(size_));
    const std::size_t used = place_of(size_).segment;
    while (segments_.size() > used + 2)
      free_segment();
  }

 private:
  struct place {
    std::size_t segment;
    std::size_t offset;
  };

  static constexpr std::size_t first_size = 4;
  static constexpr std::size_t growing = 9;  // segments, the last of which has full_size
  static constexpr std::size_t full_size = first_size << (growing - 1);
  static constexpr std::size_t all_growing = first_size * ((std::size_t{1} << growing) - 1);

  static std::size_t size_of(std::size_t segment) noexcept {
    return segment < growing ? first_size << segment : full_size;
  }
  static place place_of(std::size_t i) noexcept {
    if (i >= all_growing) {
      const std::size_t rest = i - all_growing;
      return {growing + rest / full_size, rest % full_size};
    }
    const auto segment = static_cast<std::size_t>(std::bit_width(i / first_size + 1)) - 1;
    return {segment, i - first_size * ((std::size_t{1} << segment) - 1)};
  }

  T* find(std::size_t i) const noexcept {
    const place at = place_of(i);
    return segments_[at.segment] + at.offset;
  }
  void add_segment() {
    const std::size_t size = size_of(segments_.size());
    segments_.push_back(nullptr);
    try {
      segments_.back() = std::allocator<T>().allocate(size);
    } catch (...) {
      segments_.pop_back();
      throw;
    }
  }
  void free_segment() noexcept {
    std::allocator<T>().deallocate(segments_.back(), size_of(segments_.size() - 1));
    segments_.pop_back();
  }

  std::vector<T*> segments_;
  std::size_t size_ = 0;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_SEGMENTED_ARRAY_HPP
