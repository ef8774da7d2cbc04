// SPDX-License-Identifier: BSL-1.0

// Named memory between processes: multiprocessing.shared_memory.SharedMemory.
//
//   auto segment = pickled::multiprocessing::shared_memory::create(8 * 1024);
//   auto numbers = segment.ndarray<double>({32, 32});   // numpy.ndarray((32, 32), buffer=shm.buf)
//   numbers(3, 4) = 1.5;
//   segment.unlink();
//
//   segment := multiprocessing.shared_memory.SharedMemory(str name, False, int size)

#ifndef PICKLED_PROCESS_SHARED_MEMORY_HPP
#define PICKLED_PROCESS_SHARED_MEMORY_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/convert/ndarray.hpp"

#include <algorithm>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// numpy's shape over items that somebody else owns, in C order: the last index varies fastest.
template <class T>
class ndarray_span {
 public:
  // Precondition: as many items as the shape has.
  ndarray_span(std::span<T> items, std::vector<std::size_t> shape)
      : items_(items), shape_(std::move(shape)) {}

  std::span<const std::size_t> shape() const noexcept { return shape_; }
  std::size_t size() const noexcept { return items_.size(); }
  // All items side by side.
  std::span<T> items() const noexcept { return items_; }
  // Preconditions: as many indices as dimensions, each below its length.
  template <std::integral... Index>
  T& operator()(Index... index) const noexcept {
    assert(sizeof...(index) == shape_.size());
    std::size_t at = 0;
    std::size_t dimension = 0;
    ((at = at * shape_[dimension++] + static_cast<std::size_t>(index)), ...);
    return items_[at];
  }
  // A copy is what travels in a value.
  operator ndarray_view<T>() const { return ndarray_view<T>(items_.data(), shape_); }

 private:
  std::span<T> items_;
  std::vector<std::size_t> shape_;
};

// Copies are the same mapping; the last to go unmaps it. The segment itself stays until somebody
// unlinks it. Who made it tells the resource tracker, which unlinks it when the whole family of
// processes has ended without.
//
// Attaching tells the tracker nothing, as track=False does in CPython: a process that has only
// looked at a segment does not remove it.
class shared_memory {
 public:
  shared_memory() = default;
  // With a name that it picks, or one without a slash. Throws std::system_error: EEXIST, and ENOSPC
  // where /dev/shm has no room for it.
  static shared_memory create(std::size_t size, std::string name = {});
  // Throws std::system_error where there is none of that name.
  static shared_memory attach(const std::string& name);

  explicit operator bool() const noexcept { return state_ != nullptr; }
  // Without the slash before it: "psm_1a2b3c4d".
  const std::string& name() const noexcept;
  std::size_t size() const noexcept { return buf().size(); }
  std::span<std::byte> buf() const noexcept;

  // The memory from `offset` on as items of one type, which it is aligned for. Throws python_error
  // TypeError where it is too small for as many.
  template <class T>
  std::span<T> as_span(std::size_t count, std::size_t offset = 0) const {
    return {static_cast<T*>(at(offset, count, sizeof(T), alignof(T))), count};
  }
  template <class T>
  std::span<T> as_span() const {
    return as_span<T>(size() / sizeof(T));
  }
  template <class T>
  ndarray_span<T> ndarray(std::vector<std::size_t> shape, std::size_t offset = 0) const {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();  // what no segment holds
    std::size_t count = std::ranges::find(shape, std::size_t{0}) == shape.end() ? 1 : 0;
    for (const std::size_t length : shape)
      count = length != 0 && count > most / length ? most : count * length;
    return {as_span<T>(count, offset), std::move(shape)};
  }

  // Removes the name, once and for all processes; who has it mapped keeps it. Throws
  // std::system_error where it is gone already.
  void unlink() const;

 private:
  struct state;
  explicit shared_memory(std::shared_ptr<const state> of) noexcept : state_(std::move(of)) {}
  void* at(std::size_t offset, std::size_t count, std::size_t size, std::size_t alignment) const;

  std::shared_ptr<const state> state_;
};

value_view to_value(const shared_memory& from, value_builder& b);
void from_value(value_view v, shared_memory& to);

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_SHARED_MEMORY_HPP
