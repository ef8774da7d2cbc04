// SPDX-License-Identifier: BSL-1.0

// Memory between processes: multiprocessing.heap. Blocks are cut out of arenas, which are files
// without a name that every process maps; what travels is the arena's descriptor and the place.
//
//   block  := multiprocessing.heap.BufferWrapper() with state
//             {'_state': ((arena, int start, int stop), int size)}
//   arena  := multiprocessing.heap.rebuild_arena(int size, descriptor)

#ifndef PICKLED_PROCESS_HEAP_HPP
#define PICKLED_PROCESS_HEAP_HPP

#include "pickled/value/value.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace pickled::inline v0::detail {
struct heap_block;
}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

// heap.BufferWrapper. Copies are the same block. One that this process allocated is used again when
// the last copy goes, as in CPython: keep it for as long as other processes use it.
class shared_block {
 public:
  shared_block() = default;
  // Zeroed, and aligned for every type of ctypes. Throws std::system_error.
  static shared_block allocate(std::size_t size);

  explicit operator bool() const noexcept { return block_ != nullptr; }
  std::span<std::byte> memory() const noexcept;

 private:
  explicit shared_block(std::shared_ptr<const detail::heap_block> block) noexcept
      : block_(std::move(block)) {}
  friend value_view to_value(const shared_block& from, value_builder& b);
  friend void from_value(value_view v, shared_block& to);

  std::shared_ptr<const detail::heap_block> block_;
};

// While a process is spawned only, as in CPython: python_error RuntimeError at any other time.
value_view to_value(const shared_block& from, value_builder& b);
void from_value(value_view v, shared_block& to);

}  // namespace multiprocessing
PICKLED_END_NAMESPACE

#endif  // PICKLED_PROCESS_HEAP_HPP
