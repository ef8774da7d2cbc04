#include "frozen/frozen.hpp"

#include "frozen/memory_in_use.hpp"
#include "pickle/codec/scalar.hpp"
#include "pickle/value/pages.hpp"

#include <atomic>
#include <bit>
#include <cmath>
#include <new>

namespace pickled {

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

// What few blocks need: a run that was written elsewhere, and holes.
struct frozen::rare_parts {
  buffer run;
  std::vector<hole> holes;
};

// One allocation: the run and its STOP follow the block, unless they were adopted.
struct frozen::shared_block {
  std::atomic<std::uint32_t> references{1};
  traits about;
  const std::byte* run = nullptr;
  std::size_t size = 0;
  std::unique_ptr<rare_parts> rare;

  static shared_block* make(std::size_t trailing) {
    void* memory = ::operator new(sizeof(shared_block) + trailing);
    detail::provide_pages(memory, trailing);
    return new (memory) shared_block;
  }
  std::byte* trailing() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
};

void frozen::share() noexcept {
  block_pointer()->references.fetch_add(1, std::memory_order_relaxed);
}

void frozen::release() noexcept {
  shared_block* const block = block_pointer();
  // Who sees that nobody shares it has it alone, and needs no locked operation.
  if (block->references.load(std::memory_order_acquire) != 1 &&
      block->references.fetch_sub(1, std::memory_order_acq_rel) != 1) {
    return;
  }
  memory_in_use::remove(memory());
  block->~shared_block();
  ::operator delete(block);
}

frozen frozen::of(shared_block* block) noexcept {
  frozen f;
  std::memcpy(f.run_, &block, sizeof block);
  f.size_ = boxed;
  memory_in_use::add(f.memory());
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
  auto rare = std::make_unique<rare_parts>();
  run.push_back(stop);
  rare->run = std::move(run);
  rare->holes = std::move(holes);
  shared_block* block = shared_block::make(0);
  block->about = t;
  block->run = rare->run.data();
  block->size = rare->run.size() - 1;
  block->rare = std::move(rare);
  return of(block);
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
  shared_block* block = shared_block::make(size + 1);
  run = block->trailing();
  run[size] = stop;
  block->about = t;
  block->run = run;
  block->size = size;
  block->rare = std::move(rare);
  return of(block);
}

kind frozen::kind() const noexcept {
  return is_boxed() ? block_pointer()->about.kind : leaf_kind(run());
}

bytes_view frozen::run() const noexcept {
  if (!is_boxed()) return {run_, size_};
  const shared_block* block = block_pointer();
  return {block->run, block->size};
}

bytes_view frozen::run_and_stop() const noexcept {
  const bytes_view bytes = run();
  return {bytes.data(), bytes.size() + 1};
}

frozen::traits frozen::about() const noexcept {
  if (is_boxed()) return block_pointer()->about;
  traits about;
  about.kind = kind();
  about.opaque_equality = about.kind == kind::real && std::isnan(read_real(run_ + 1));
  return about;
}

std::span<const frozen::hole> frozen::holes() const noexcept {
  if (!is_boxed() || !block_pointer()->rare) return {};
  return block_pointer()->rare->holes;
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
  std::size_t size = sizeof(shared_block) + block->size + 1;
  if (!block->rare) return size;
  if (block->rare->run.capacity() != 0) size += block->rare->run.capacity() - block->size - 1;
  return size + sizeof(rare_parts) +
         block->rare->holes.capacity() * (sizeof(hole) + sizeof(proxy_reference));
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

}  // namespace pickled
