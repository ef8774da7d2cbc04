// SPDX-License-Identifier: BSL-1.0

// A vector of plain records for inner loops: adding one is a compare and a store, and never more
// than a set number of them.

#ifndef PICKLED_PICKLE_VALUE_FLAT_VECTOR_HPP
#define PICKLED_PICKLE_VALUE_FLAT_VECTOR_HPP

#include "pickle/value/pages.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace pickled::inline v0::detail {

template <class Record>
class flat_vector {
  static_assert(std::is_trivially_copyable_v<Record>);

 public:
  flat_vector() noexcept = default;
  flat_vector(flat_vector&& other) noexcept { *this = std::move(other); }
  flat_vector& operator=(flat_vector&& other) noexcept {
    records_ = std::move(other.records_);
    end_ = std::exchange(other.end_, nullptr);
    limit_ = std::exchange(other.limit_, nullptr);
    maximum_ = other.maximum_;
    return *this;
  }

  // Empties it, and refuses more than `count` records from now on.
  void restart(std::size_t count = std::numeric_limits<std::size_t>::max()) noexcept {
    end_ = records_.get();
    maximum_ = count;
  }

  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - records_.get()); }
  bool empty() const noexcept { return end_ == records_.get(); }
  std::size_t bytes() const noexcept { return capacity() * sizeof(Record); }

  Record* data() noexcept { return records_.get(); }
  const Record* data() const noexcept { return records_.get(); }
  Record* begin() noexcept { return records_.get(); }
  Record* end() noexcept { return end_; }
  const Record* begin() const noexcept { return records_.get(); }
  const Record* end() const noexcept { return end_; }
  Record& operator[](std::size_t i) noexcept { return records_[i]; }
  const Record& operator[](std::size_t i) const noexcept { return records_[i]; }
  Record& back() noexcept { return end_[-1]; }
  const Record& back() const noexcept { return end_[-1]; }

  // What is written at end() without push(), up to here, is told by set_end().
  Record* limit() noexcept { return limit_; }
  void set_end(Record* end) noexcept { end_ = end; }

  // False where that would be too many.
  [[nodiscard, gnu::always_inline]] bool push(const Record& record) {
    if (end_ == limit_ && !grow()) [[unlikely]]
      return false;
    *end_++ = record;
    return true;
  }
  // For one more record; false where that would be too many.
  [[nodiscard]] bool make_room() { return end_ != limit_ || grow(); }
  // Drops all records from the one with this number on.
  void truncate(std::size_t size) noexcept { end_ = records_.get() + size; }

 private:
  struct free_memory {
    void operator()(Record* records) const noexcept { std::free(records); }
  };

  std::size_t capacity() const noexcept {
    return static_cast<std::size_t>(limit_ - records_.get());
  }

  [[gnu::noinline]] bool grow() {
    const std::size_t count = size();
    if (count >= maximum_) return false;
    const std::size_t capacity = std::min(std::max<std::size_t>(64, 2 * count), maximum_);
    void* grown = std::realloc(records_.get(), capacity * sizeof(Record));
    if (grown == nullptr) throw std::bad_alloc();
    static_cast<void>(records_.release());
    records_.reset(static_cast<Record*>(grown));
    end_ = records_.get() + count;
    limit_ = records_.get() + capacity;
    provide_pages(end_, (capacity - count) * sizeof(Record));
    return true;
  }

  std::unique_ptr<Record[], free_memory> records_;
  Record* end_ = nullptr;
  Record* limit_ = nullptr;
  std::size_t maximum_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PICKLE_VALUE_FLAT_VECTOR_HPP
