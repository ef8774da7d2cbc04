// SPDX-License-Identifier: BSL-1.0

// A value at rest: the canonical run of opcodes that pushes it, and nothing else. No PROTO, FRAME
// or STOP; scalars in their shortest form; memo opcodes only where a GET refers to them, as
// BINPUT/LONG_BINPUT n with n from 0 in every run, never MEMOIZE. A run holds every PUT that its
// GETs mean, so runs may follow one another in one message without being changed.
//
// Leaves (None, bool, numbers, short str and bytes, the empty tuple) are stored inline. Everything
// else is one immutable, reference-counted block: copying a frozen value copies a pointer, and a
// block that is met twice in one message is one object for the reader, as it is in CPython.

#ifndef PICKLED_FROZEN_FROZEN_HPP
#define PICKLED_FROZEN_FROZEN_HPP

#include "pickled/value/buffer.hpp"
#include "pickled/value/proxy_reference.hpp"
#include "pickled/value/value.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

PICKLED_BEGIN_NAMESPACE

class frozen {
 public:
  // Where in a run a proxy stands; the run has no bytes for it.
  struct hole {
    std::size_t offset;
    std::shared_ptr<const proxy_reference> proxy;
  };
  // What the freezer found out while it copied.
  struct traits {
    std::uint32_t memo_count = 0;  // the PUTs of the run are 0 … memo_count - 1
    bool opaque_equality = false;  // NaN, globals, calls or holes: equal bytes prove nothing
    bool uses_protocol_5 = false;  // BYTEARRAY8
    pickled::kind kind = pickled::kind::instance;
  };

  // An inline run has at most so many bytes: a number, or a str of 36 characters, as a UUID is.
  static constexpr std::size_t inline_capacity = 38;

  frozen() noexcept : size_(1) {  // None
    run_[0] = std::byte{'N'};
    run_[1] = stop;
  }
  static frozen none() noexcept { return {}; }
  static frozen boolean(bool b) noexcept;
  static frozen integer(std::int64_t i) noexcept;
  static frozen real(double d) noexcept;
  static frozen str(std::string_view text);  // UTF-8
  static frozen bytes(bytes_view content);
  // One canonical opcode of at most `inline_capacity` bytes.
  static frozen leaf(bytes_view run) noexcept {
    frozen f;
    f.set_inline(run);
    return f;
  }
  // A finished canonical run, taken as it is. A leaf that is short enough is stored inline.
  static frozen block(buffer run, const traits& t, std::vector<hole> holes = {});
  static frozen block(bytes_view run, const traits& t, std::vector<hole> holes = {});
  // The same for a run of `size` bytes that begins at `start` of `memory`, which it keeps as a
  // whole. Precondition: one byte behind the run is within the capacity.
  static frozen within(buffer memory, std::size_t start, std::size_t size, const traits& t);
  // The same for a run of `size` bytes that is no leaf; the caller fills it at once through `run`.
  static frozen unfilled_block(std::size_t size, const traits& t, std::vector<hole> holes,
                               std::byte*& run);

  // Copies are cheap and never throw: inline bytes, or one reference count. A value that was moved
  // from is None.
  frozen(const frozen& other) noexcept : size_(other.size_) {
    std::memcpy(run_, other.run_, sizeof run_);
    if (is_boxed()) share();
  }
  frozen(frozen&& other) noexcept : size_(other.size_) {
    std::memcpy(run_, other.run_, sizeof run_);
    other.become_none();
  }
  frozen& operator=(const frozen& other) noexcept {
    if (this != &other) *this = frozen(other);
    return *this;
  }
  frozen& operator=(frozen&& other) noexcept {
    if (this == &other) return *this;
    if (is_boxed()) release();
    std::memcpy(run_, other.run_, sizeof run_);
    size_ = other.size_;
    other.become_none();
    return *this;
  }
  ~frozen() {
    if (is_boxed()) release();
  }

  pickled::kind kind() const noexcept;
  bytes_view run() const noexcept;
  traits about() const noexcept;
  std::span<const hole> holes() const noexcept;
  // The run and a STOP behind it: a whole pickle, but for its PROTO.
  bytes_view run_and_stop() const noexcept;
  // The same for two copies of one block; nullptr for inline values.
  const void* identity() const noexcept;
  // Whether no other frozen value shares the block (always so for inline values). Another thread
  // that copies at the same time may be missed.
  bool unique() const noexcept;
  // Bytes of memory that this value holds besides sizeof(frozen).
  std::size_t memory() const noexcept;

  // Leaves, read without thawing; nullopt where it is another kind.
  bool is_none() const noexcept;
  std::optional<bool> as_bool() const noexcept;
  std::optional<std::int64_t> as_integer() const noexcept;  // int and bool, if it fits
  std::optional<double> as_real() const noexcept;           // float only
  std::optional<std::string_view> as_str() const noexcept;
  std::optional<bytes_view> as_bytes() const noexcept;

 private:
  struct shared_block;
  struct rare_parts;

  // run_ holds an inline run of size_ bytes and a STOP, or a pointer to a block.
  static constexpr std::uint8_t boxed = 0xff;
  static constexpr std::byte stop{'.'};

  static frozen of(shared_block* block) noexcept;
  bool is_boxed() const noexcept { return size_ == boxed; }
  shared_block* block_pointer() const noexcept;
  void set_inline(bytes_view run) noexcept {
    std::memcpy(run_, run.data(), run.size());
    run_[run.size()] = stop;
    size_ = static_cast<std::uint8_t>(run.size());
  }
  void become_none() noexcept {
    run_[0] = std::byte{'N'};
    run_[1] = stop;
    size_ = 1;
  }
  // Of a boxed value: one more, and one less of those that share its block.
  void share() noexcept;
  void release() noexcept;

  alignas(void*) std::byte run_[inline_capacity + 1];
  std::uint8_t size_;
};
static_assert(sizeof(frozen) == 40);

// The conversions of convert/core.hpp.
value_view to_value(const frozen& f, value_builder& b);
void from_value(value_view v, frozen& to);

PICKLED_END_NAMESPACE

#endif  // PICKLED_FROZEN_FROZEN_HPP
