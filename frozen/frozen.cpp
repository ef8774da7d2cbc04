// SPDX-License-Identifier: BSL-1.0

#include "pickled/frozen/frozen.hpp"

#include "frozen/freezer.hpp"
#include "frozen/memory_in_use.hpp"
#include "frozen/thaw.hpp"
#include "pickle/codec/scalar.hpp"
#include "pickle/value/pages.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <memory>
#include <new>

PICKLED_BEGIN_NAMESPACE

namespace {

// From this size on a finished buffer becomes the block's run instead of being copied into it.
constexpr std::size_t adopted_size = 4096;

// Only () is EMPTY_TUPLE and nothing else.
bool is_leaf(kind k, std::size_t size) noexcept {
  return is_scalar(k) || (k == kind::tuple && size == 1);
}

kind leaf_kind(bytes_view run) noexcept {
  switch (static_cast<unsigned char>(run[0])) {
    case 'N': return kind::none;
    case 0x88:
    case 0x89: return kind::boolean;
    case 'K':
    case 'M':
    case 'J': return kind::integer;
    case 0x8a: return run[1] <= std::byte{8} ? kind::integer : kind::big_integer;
    case 'G': return kind::real;
    case 'C': return kind::bytes;
    case ')': return kind::tuple;
    default: return kind::str;
  }
}

double read_real(const std::byte* big_endian) noexcept {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i != 8; ++i)
    bits = bits << 8 | std::uint64_t(big_endian[i]);
  return std::bit_cast<double>(bits);
}

// What follows the length of a str or bytes opcode.
bytes_view characters(bytes_view run) noexcept {
  switch (static_cast<unsigned char>(run[0])) {
    case 0x8c:
    case 'C': return run.subspan(2);
    case 'X':
    case 'B': return run.subspan(5);
    default: return run.subspan(9);
  }
}

}  // namespace

// What few blocks need: memory of their own that the run lies in, and holes.
struct frozen::rare_parts {
  buffer memory;
  std::size_t start = 0;  // of the run in it
  std::vector<hole> holes;
};

// One allocation, with few bytes besides the run: millions of them are small.
//
//   block | run STOP
//   block | pointer to rare parts | run STOP      with holes
//   block | pointer to rare parts                 with a run in memory of its own
struct frozen::shared_block {
  std::atomic<std::uint32_t> references{1};

  // `size` of the run, without its STOP. Room is made for it unless `rare` has memory.
  static shared_block* make(std::size_t size, const traits& about,
                            std::unique_ptr<rare_parts> rare) {
    const bool elsewhere = rare != nullptr && rare->memory.capacity() != 0;
    const std::size_t room = elsewhere ? 0 : size + 1;
    const std::size_t parts = rare == nullptr ? 0 : sizeof rare;
    void* memory = ::operator new(sizeof(shared_block) + parts + room);
    detail::provide_pages(memory, room);
    auto* const made = new (memory) shared_block(size, about, rare != nullptr);
    if (rare != nullptr) new (made + 1) std::unique_ptr<rare_parts>(std::move(rare));
    return made;
  }
  // Of a run that lies in memory of its own, with room for a STOP behind it.
  static shared_block* make_within(buffer memory, std::size_t start, std::size_t size,
                                   const traits& about, std::vector<hole> holes) {
    memory.data()[start + size] = stop;
    auto rare = std::make_unique<rare_parts>();
    rare->memory = std::move(memory);
    rare->start = start;
    rare->holes = std::move(holes);
    return make(size, about, std::move(rare));
  }
  void destroy() noexcept {
    if (is_rare_) std::destroy_at(&parts());
    this->~shared_block();
    ::operator delete(this);
  }

  std::size_t size() const noexcept { return std::size_t{size_above_} << 32 | size_; }
  traits about() const noexcept { return {memo_count_, opaque_equality_, uses_protocol_5_, kind_}; }
  // nullptr for most.
  const rare_parts* rare() const noexcept { return is_rare_ ? parts().get() : nullptr; }
  const std::byte* run() const noexcept {
    if (is_rare_ && parts()->memory.capacity() != 0) return parts()->memory.data() + parts()->start;
    return reinterpret_cast<const std::byte*>(this + 1) + (is_rare_ ? sizeof(parts()) : 0);
  }

 private:
  shared_block(std::size_t size, const traits& about, bool is_rare) noexcept
      : memo_count_(about.memo_count),
        size_(static_cast<std::uint32_t>(size)),
        size_above_(static_cast<std::uint16_t>(size >> 32)),
        kind_(about.kind),
        opaque_equality_(about.opaque_equality),
        uses_protocol_5_(about.uses_protocol_5),
        is_rare_(is_rare) {}

  std::unique_ptr<rare_parts>& parts() noexcept {
    return *reinterpret_cast<std::unique_ptr<rare_parts>*>(this + 1);
  }
  const std::unique_ptr<rare_parts>& parts() const noexcept {
    return *reinterpret_cast<const std::unique_ptr<rare_parts>*>(this + 1);
  }

  const std::uint32_t memo_count_;
  const std::uint32_t size_;
  const std::uint16_t size_above_;
  const pickled::kind kind_;
  const bool opaque_equality_ : 1;
  const bool uses_protocol_5_ : 1;
  const bool is_rare_ : 1;
};

void frozen::share() noexcept {
  block_pointer()->references.fetch_add(1, std::memory_order_relaxed);
}

void frozen::release() noexcept {
  shared_block* const block = block_pointer();
  // Whoever sees one reference has the only one, so that nobody can copy it meanwhile: then no
  // locked operation is needed.
  if (block->references.load(std::memory_order_acquire) != 1 &&
      block->references.fetch_sub(1, std::memory_order_acq_rel) != 1) {
    return;
  }
  detail::memory_in_use::remove(memory());
  block->destroy();
}

frozen frozen::of(shared_block* block) noexcept {
  frozen f;
  std::memcpy(f.run_, &block, sizeof block);
  f.size_ = boxed;
  detail::memory_in_use::add(f.memory());
  return f;
}

frozen::shared_block* frozen::block_pointer() const noexcept {
  shared_block* block;
  std::memcpy(&block, run_, sizeof block);
  return block;
}

frozen frozen::boolean(bool b) noexcept {
  frozen f;
  f.run_[0] = b ? std::byte{0x88} : std::byte{0x89};
  return f;
}

frozen frozen::integer(std::int64_t i) noexcept {
  std::byte run[detail::longest_integer];
  frozen f;
  f.set_inline({run, detail::write_integer(run, i)});
  return f;
}

frozen frozen::real(double d) noexcept {
  std::byte run[9];
  frozen f;
  f.set_inline({run, detail::write_real(run, d)});
  return f;
}

namespace {
frozen freeze_characters(kind k, detail::characters_opcodes codes, bytes_view content) {
  std::byte header[detail::longest_header];
  const std::size_t header_size = detail::write_characters_header(header, codes, content.size());
  const std::size_t size = header_size + content.size();
  const auto write = [&](std::byte* to) {
    std::memcpy(to, header, header_size);
    if (!content.empty()) std::memcpy(to + header_size, content.data(), content.size());
  };
  if (size <= frozen::inline_capacity) {
    std::byte run[frozen::inline_capacity];
    write(run);
    return frozen::leaf({run, size});
  }
  frozen::traits about;
  about.kind = k;
  std::byte* run;
  frozen f = frozen::unfilled_block(size, about, {}, run);
  write(run);
  return f;
}
}  // namespace

frozen frozen::str(std::string_view text) {
  return freeze_characters(kind::str, detail::str_opcodes, pickled::as_bytes(text));
}

frozen frozen::bytes(bytes_view content) {
  return freeze_characters(kind::bytes, detail::bytes_opcodes, content);
}

frozen frozen::block(buffer run, const traits& t, std::vector<hole> holes) {
  if (run.size() < adopted_size) return block(run.view(), t, std::move(holes));
  const std::size_t size = run.size();
  run.prepare(1);
  return of(shared_block::make_within(std::move(run), 0, size, t, std::move(holes)));
}

frozen frozen::within(buffer memory, std::size_t start, std::size_t size, const traits& t) {
  return of(shared_block::make_within(std::move(memory), start, size, t, {}));
}

frozen frozen::block(bytes_view run, const traits& t, std::vector<hole> holes) {
  if (run.size() <= inline_capacity && is_leaf(t.kind, run.size())) return leaf(run);
  std::byte* out;
  frozen f = unfilled_block(run.size(), t, std::move(holes), out);
  if (!run.empty()) std::memcpy(out, run.data(), run.size());
  return f;
}

frozen frozen::unfilled_block(std::size_t size, const traits& t, std::vector<hole> holes,
                              std::byte*& run) {
  std::unique_ptr<rare_parts> rare;
  if (!holes.empty()) {
    rare = std::make_unique<rare_parts>();
    rare->holes = std::move(holes);
  }
  shared_block* const block = shared_block::make(size, t, std::move(rare));
  run = const_cast<std::byte*>(block->run());
  run[size] = stop;
  return of(block);
}

kind frozen::kind() const noexcept {
  return is_boxed() ? block_pointer()->about().kind : leaf_kind(run());
}

bytes_view frozen::run() const noexcept {
  if (!is_boxed()) return {run_, size_};
  const shared_block* block = block_pointer();
  return {block->run(), block->size()};
}

bytes_view frozen::run_and_stop() const noexcept {
  const bytes_view bytes = run();
  return {bytes.data(), bytes.size() + 1};
}

frozen::traits frozen::about() const noexcept {
  if (is_boxed()) return block_pointer()->about();
  traits about;
  about.kind = kind();
  about.opaque_equality = about.kind == kind::real && std::isnan(read_real(run_ + 1));
  return about;
}

std::span<const frozen::hole> frozen::holes() const noexcept {
  const rare_parts* const rare = is_boxed() ? block_pointer()->rare() : nullptr;
  if (rare == nullptr) return {};
  return rare->holes;
}

const void* frozen::identity() const noexcept {
  return is_boxed() ? block_pointer() : nullptr;
}

bool frozen::unique() const noexcept {
  return !is_boxed() || block_pointer()->references.load(std::memory_order_acquire) == 1;
}

std::size_t frozen::memory() const noexcept {
  if (!is_boxed()) return 0;
  const shared_block* block = block_pointer();
  const rare_parts* const rare = block->rare();
  if (rare == nullptr) return sizeof(shared_block) + block->size() + 1;
  const std::size_t run = std::max(rare->memory.capacity(), block->size() + 1);
  return sizeof(shared_block) + run + sizeof(rare_parts) + sizeof(rare) +
         rare->holes.capacity() * (sizeof(hole) + sizeof(proxy_reference));
}

bool frozen::is_none() const noexcept {
  return kind() == kind::none;
}

std::optional<bool> frozen::as_bool() const noexcept {
  if (kind() != kind::boolean) return std::nullopt;
  return run_[0] == std::byte{0x88};
}

std::optional<std::int64_t> frozen::as_integer() const noexcept {
  if (kind() == kind::boolean) return run_[0] == std::byte{0x88} ? 1 : 0;
  if (kind() != kind::integer) return std::nullopt;
  switch (static_cast<unsigned char>(run_[0])) {
    case 'K': return static_cast<std::int64_t>(detail::load_little_endian(run_ + 1, 1));
    case 'M': return static_cast<std::int64_t>(detail::load_little_endian(run_ + 1, 2));
    case 'J': return static_cast<std::int32_t>(detail::load_little_endian(run_ + 1, 4));
    default: break;
  }
  const std::size_t size = static_cast<std::size_t>(run_[1]);
  const std::size_t unused = 64 - 8 * size;  // LONG1: the sign is the top bit of the last byte
  if (size == 0) return 0;
  return static_cast<std::int64_t>(detail::load_little_endian(run_ + 2, size) << unused) >> unused;
}

std::optional<double> frozen::as_real() const noexcept {
  if (kind() != kind::real) return std::nullopt;
  return read_real(run_ + 1);
}

std::optional<std::string_view> frozen::as_str() const noexcept {
  if (kind() != kind::str) return std::nullopt;
  return as_text(characters(run()));
}

std::optional<bytes_view> frozen::as_bytes() const noexcept {
  if (kind() != kind::bytes) return std::nullopt;
  return characters(run());
}

value_view to_value(const frozen& f, value_builder& b) {
  return b.share(detail::thaw(f));
}

void from_value(value_view v, frozen& to) {
  to = detail::freeze(v);
}

PICKLED_END_NAMESPACE
