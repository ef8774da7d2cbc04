// SPDX-License-Identifier: BSL-1.0

#include "pickled/process/heap.hpp"

#include "pickled/convert/convert.hpp"
#include "pickled/process/reduction.hpp"
#include "pickled/value/as_call.hpp"
#include "pickled/value/attribute.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace pickled::inline v0::detail {

namespace {

constexpr global_name buffer_wrapper{"multiprocessing.heap", "BufferWrapper"};
constexpr global_name rebuild_arena{"multiprocessing.heap", "rebuild_arena"};

constexpr std::size_t alignment = 8;
constexpr std::size_t page = 4096;
constexpr std::size_t largest_growth = std::size_t{4} << 20;

constexpr std::size_t round_up(std::size_t n, std::size_t to) noexcept {
  return (n + to - 1) / to * to;
}

// heap.Arena: a file that is mapped.
struct heap_arena {
  heap_arena(multiprocessing::shared_descriptor open, std::size_t length)
      : file(std::move(open)), size(length) {
    void* mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file->get(), 0);
    if (mapped == MAP_FAILED) throw std::system_error(last_error(), "cannot map shared memory");
    data = static_cast<std::byte*>(mapped);
  }
  heap_arena(const heap_arena&) = delete;
  heap_arena& operator=(const heap_arena&) = delete;
  ~heap_arena() { ::munmap(data, size); }

  // A file in memory needs no room in /dev/shm.
  static std::shared_ptr<heap_arena> create(std::size_t size) {
    const auto file = std::make_shared<descriptor>(::memfd_create("pym", MFD_CLOEXEC));
    if (!*file || ::ftruncate(file->get(), static_cast<off_t>(size)) != 0)
      throw std::system_error(last_error(), "cannot make shared memory");
    return std::make_shared<heap_arena>(file, size);
  }

  multiprocessing::shared_descriptor file;
  std::size_t size;
  std::byte* data = nullptr;
};

// heap.Heap, but that blocks are used again only for others of their size.
class heap {
 public:
  heap_block allocate(std::size_t size);
  void free(const heap_block& block);

 private:
  struct place {
    std::shared_ptr<heap_arena> in;
    std::size_t start;
  };

  std::mutex mutex_;
  std::map<std::size_t, std::vector<place>> free_;
  std::shared_ptr<heap_arena> newest_;
  std::size_t used_ = 0;  // of the newest arena
  std::size_t next_size_ = page;
};

// Blocks may outlive every static object.
heap& heap_of_process() {
  static heap& only = *new heap;
  return only;
}

}  // namespace

struct heap_block {
  std::shared_ptr<heap_arena> arena;
  std::size_t start = 0;
  std::size_t stop = 0;
  std::size_t size = 0;
};

namespace {

heap_block heap::allocate(std::size_t size) {
  const std::size_t length = std::max(alignment, round_up(size, alignment));
  const std::lock_guard guard(mutex_);
  if (const auto found = free_.find(length); found != free_.end() && !found->second.empty()) {
    const place taken = std::move(found->second.back());
    found->second.pop_back();
    return {taken.in, taken.start, taken.start + length, size};
  }
  if (newest_ == nullptr || newest_->size - used_ < length) {
    newest_ = heap_arena::create(round_up(std::max(next_size_, length), page));
    used_ = 0;
    next_size_ = std::min(next_size_ * 2, largest_growth);
  }
  const std::size_t start = used_;
  used_ += length;
  return {newest_, start, used_, size};
}

void heap::free(const heap_block& block) {
  const std::lock_guard guard(mutex_);
  free_[block.stop - block.start].push_back({block.arena, block.start});
}

// The arena of a descriptor. Many blocks share it, and the next may be read when nobody uses the
// last any more: so it stays mapped.
std::shared_ptr<heap_arena> map_arena(const multiprocessing::shared_descriptor& file,
                                      std::size_t size) {
  static std::mutex mutex;
  static std::map<const descriptor*, std::shared_ptr<heap_arena>> known;
  const std::lock_guard guard(mutex);
  std::shared_ptr<heap_arena>& entry = known[file.get()];
  if (entry != nullptr && entry->size >= size) return entry;
  struct stat about {};
  if (::fstat(file->get(), &about) != 0) throw std::system_error(last_error());
  // Whoever touches what is beyond the end of a file dies.
  if (static_cast<std::uint64_t>(about.st_size) < size)
    throw conversion_error("an arena of the size that is told", "a smaller one");
  entry = std::make_shared<heap_arena>(file, size);
  return entry;
}

}  // namespace

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE
namespace multiprocessing {

using detail::heap_block;
using detail::heap_of_process;

shared_block shared_block::allocate(std::size_t size) {
  heap_block block = heap_of_process().allocate(size);
  std::memset(block.arena->data + block.start, 0, size);
  return shared_block(std::shared_ptr<const heap_block>(
      new heap_block(std::move(block)), [](const heap_block* freed) {
        const std::unique_ptr<const heap_block> owner(freed);
        heap_of_process().free(*freed);
      }));
}

std::span<std::byte> shared_block::memory() const noexcept {
  return {block_->arena->data + block_->start, block_->size};
}

value_view to_value(const shared_block& from, value_builder& b) {
  assert_spawning("BufferWrapper");
  const heap_block& block = *from.block_;
  const auto integer = [](std::size_t n) {
    return value_view::integer(static_cast<std::int64_t>(n));
  };
  const std::array arena{integer(block.arena->size), write_descriptor(block.arena->file, b)};
  const std::array place{
      b.instance(instance_node::construction::reduce,
                 b.global(detail::rebuild_arena.module, detail::rebuild_arena.name),
                 b.tuple(arena)),
      integer(block.start), integer(block.stop)};
  const std::array state{b.tuple(place), integer(block.size)};
  const dict_entry entry{b.str("_state"), b.tuple(state)};
  return write_instance(detail::buffer_wrapper, b.dict({&entry, 1}), b);
}

void from_value(value_view v, shared_block& to) {
  using place = std::tuple<value_view, std::size_t, std::size_t>;
  const auto [where, size] =
      item_of(state_of(v, detail::buffer_wrapper), "_state").get<std::tuple<place, std::size_t>>();
  const auto& [arena, start, stop] = where;
  const instance_node* call = as_call(arena, detail::rebuild_arena);
  if (call == nullptr || call->args.as_items().size() != 2)
    throw conversion_error("multiprocessing.heap.Arena", arena);
  const std::size_t length = call->args.as_items()[0].get<std::size_t>();
  if (start > stop || stop > length || size > stop - start || start % detail::alignment != 0)
    throw conversion_error("a block inside its arena", "one that is not");
  const auto mapped = detail::map_arena(read_descriptor(call->args.as_items()[1]), length);
  to = shared_block(std::make_shared<heap_block>(heap_block{mapped, start, stop, size}));
}

}  // namespace multiprocessing
PICKLED_END_NAMESPACE
