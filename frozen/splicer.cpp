// SPDX-License-Identifier: BSL-1.0

#include "pickled/frozen/splicer.hpp"

#include "pickle/codec/batch.hpp"
#include "pickle/codec/scalar.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <type_traits>
#include <utility>

PICKLED_BEGIN_NAMESPACE

namespace {

// A part of this size is referred to. Below it, copying costs less than another element of the
// gathered write.
constexpr std::size_t referred_size = 4096;
constexpr std::size_t proto_size = 2;
// For the ends of tuples that a value stands in, and of the message.
constexpr std::size_t room_for_ends = 8;
constexpr unsigned char mark = '(';
// A message with no more blocks than this searches them one by one, others by a table.
constexpr std::size_t few_blocks = 8;

// What one splicer leaves to the next of its thread, so that a small message allocates nothing.
// Those that are used when the thread has ended already, as by static objects, find nothing.
template <class Container>
class spare {
 public:
  static Container take() noexcept { return ended ? Container() : std::move(of_thread().kept_); }
  static void leave(Container used) noexcept {
    if (ended || used.capacity() > most) return;
    used.clear();
    of_thread().kept_ = std::move(used);
  }

 private:
  static constexpr std::size_t most = std::is_same_v<Container, buffer> ? 4096 : 64;

  spare() noexcept = default;
  ~spare() { ended = true; }
  static spare& of_thread() noexcept {
    thread_local spare one;
    return one;
  }

  static inline constinit thread_local bool ended = false;
  Container kept_;
};

constexpr std::size_t first_capacity = 256;

unsigned char batch_opcode(kind container) noexcept {
  switch (container) {
    case kind::list: return 'e';  // APPENDS
    case kind::dict: return 'u';  // SETITEMS
    default: return 0x90;         // ADDITEMS
  }
}

bool is_batched(kind container) noexcept {
  return container == kind::list || container == kind::dict || container == kind::set;
}

}  // namespace

buffer spliced::joined() const {
  buffer all;
  all.prepare(size_);
  for_each_piece([&all](bytes_view piece) { all.append(piece); });
  return all;
}

void spliced::reuse() && noexcept {
  spare<buffer>::leave(std::move(copied_));
  size_ = 0;
}

splicer::splicer(const write_proxy* proxies)
    : proxies_(proxies),
      copied_(spare<buffer>::take()),
      open_(spare<std::vector<open_container>>::take()),
      met_(spare<std::vector<met_block>>::take()) {
  std::byte* out = copied_.prepare(first_capacity);
  out[0] = std::byte{0x80};  // PROTO
  out[1] = std::byte{4};
  copied_.commit(proto_size);
}

// Ends the batch of the container where it is full, and opens the next.
void splicer::begin_value() {
  if (open_.empty()) return;
  open_container& container = open_.back();
  ++container.count;
  if (!is_batched(container.kind)) return;
  const std::size_t parts = container.kind == kind::dict ? 2 : 1;
  if (container.batched >= parts * detail::batch_size && container.batched % parts == 0 &&
      !may_be_called_) {
    write_opcode(batch_opcode(container.kind));
    container.batched = 0;
  }
  if (container.batched == 0) write_opcode(mark);
  ++container.batched;
}

void splicer::end_value(kind finished) {
  may_be_called_ = finished == kind::global || finished == kind::instance;
  if (open_.empty()) about_.kind = finished;
}

splicer& splicer::none() {
  begin_value();
  write_opcode('N');
  end_value(kind::none);
  return *this;
}

splicer& splicer::boolean(bool b) {
  begin_value();
  write_opcode(b ? 0x88 : 0x89);
  end_value(kind::boolean);
  return *this;
}

splicer& splicer::integer(std::int64_t i) {
  begin_value();
  copied_.commit(detail::write_integer(copied_.prepare(detail::longest_integer), i));
  end_value(kind::integer);
  return *this;
}

splicer& splicer::real(double d) {
  begin_value();
  copied_.commit(detail::write_real(copied_.prepare(9), d));
  about_.opaque_equality |= std::isnan(d);
  end_value(kind::real);
  return *this;
}

splicer& splicer::str(std::string_view utf8) {
  begin_value();
  std::byte* out = copied_.prepare(detail::longest_header + utf8.size());
  copied_.commit(detail::write_characters_header(out, detail::str_opcodes, utf8.size()));
  copied_.append(utf8);
  end_value(kind::str);
  return *this;
}

splicer& splicer::bytes(bytes_view content) {
  begin_value();
  std::byte* out = copied_.prepare(detail::longest_header + content.size());
  copied_.commit(detail::write_characters_header(out, detail::bytes_opcodes, content.size()));
  copied_.append(content);
  end_value(kind::bytes);
  return *this;
}

splicer& splicer::global(std::string_view module, std::string_view name) {
  begin_value();
  for (const std::string_view part : {module, name}) {
    std::byte* out = copied_.prepare(detail::longest_header + part.size());
    copied_.commit(detail::write_characters_header(out, detail::str_opcodes, part.size()));
    copied_.append(part);
  }
  write_opcode(0x93);  // STACK_GLOBAL
  about_.opaque_equality = true;
  end_value(kind::global);
  return *this;
}

splicer& splicer::frozen(const pickled::frozen& run) {
  begin_value();
  if (run.identity() == nullptr) {
    const bytes_view leaf = run.run();
    copied_.append(leaf);
    about_.opaque_equality |= leaf[0] == std::byte{'G'} && run.about().opaque_equality;
  } else {
    run.unique() ? write_run(run) : write_shared(run);
  }
  copied_.prepare(room_for_ends);
  may_be_called_ = false;
  if (open_.empty()) about_.kind = run.kind();
  return *this;
}

// Either the run, or a GET of where it stands already.
void splicer::write_shared(const pickled::frozen& run) {
  std::size_t known = 0;  // 1 + the number in met_, or 0
  if (!slots_.empty()) {
    known = slot_of(run.identity());
  } else {
    for (std::size_t i = 0; i != met_.size(); ++i)
      if (met_[i].block.identity() == run.identity()) known = i + 1;
  }
  if (known != 0) {
    met_[known - 1].again = true;
    insertions_.push_back({insertion::form::get, copied_.size(), known - 1});
    inserted_size_ += detail::longest_memo;
    return;
  }
  write_run(run);
  if (met_.size() >= few_blocks && 2 * (met_.size() + 1) > slots_.size()) index_met_blocks();
  met_.push_back({run, copied_.size(), insertions_.size()});
  if (!slots_.empty()) slot_of(run.identity()) = met_.size();
}

void splicer::write_run(const pickled::frozen& run) {
  const pickled::frozen::traits about = run.about();
  about_.memo_count = std::max(about_.memo_count, about.memo_count);
  about_.opaque_equality |= about.opaque_equality;
  about_.uses_protocol_5 |= about.uses_protocol_5;
  const bytes_view bytes = run.run();
  std::size_t from = 0;
  for (const pickled::frozen::hole& hole : run.holes()) {
    write_part(run, bytes.subspan(from, hole.offset - from));
    from = hole.offset;
    if (proxies_ == nullptr) {
      insertions_.push_back({insertion::form::hole, copied_.size(), holes_.size()});
      holes_.push_back(hole);
      continue;
    }
    // What is written for a proxy are no items of the container around it.
    open_.push_back({kind::proxy});
    (*proxies_)(*hole.proxy, *this);
    open_.pop_back();
  }
  write_part(run, bytes.subspan(from));
}

void splicer::write_part(const pickled::frozen& run, bytes_view part) {
  if (part.size() < referred_size) {
    copied_.append(part);
    return;
  }
  insertions_.push_back({insertion::form::part, copied_.size(), parts_.size()});
  parts_.push_back({copied_.size(), part, run});
  inserted_size_ += part.size();
}

std::size_t& splicer::slot_of(const void* identity) {
  const std::size_t mask = slots_.size() - 1;
  // Blocks come from the allocator, 16 bytes apart at least.
  std::size_t at = (reinterpret_cast<std::uintptr_t>(identity) >> 4) * 0x9e3779b97f4a7c15 >> 20;
  for (;; ++at) {
    std::size_t& slot = slots_[at & mask];
    if (slot == 0 || met_[slot - 1].block.identity() == identity) return slot;
  }
}

void splicer::index_met_blocks() {
  slots_.assign(slots_.empty() ? 16 : 2 * slots_.size(), 0);
  for (std::size_t i = 0; i != met_.size(); ++i)
    slot_of(met_[i].block.identity()) = i + 1;
}

splicer& splicer::begin(kind container, unsigned char opcode) {
  begin_value();
  write_opcode(opcode);
  open_.push_back({container});
  return *this;
}

splicer& splicer::end(kind container, unsigned char opcode) {
  assert(!open_.empty() && open_.back().kind == container);
  open_.pop_back();
  write_opcode(opcode);
  end_value(container);
  return *this;
}

splicer& splicer::end_batched(kind container) {
  assert(!open_.empty() && open_.back().kind == container);
  if (open_.back().batched != 0) write_opcode(batch_opcode(container));
  open_.pop_back();
  end_value(container);
  return *this;
}

splicer& splicer::begin_tuple() {
  return begin(kind::tuple, mark);
}

splicer& splicer::end_tuple() {
  if (open_.back().count != 0) return end(kind::tuple, 't');
  copied_.truncate(copied_.size() - 1);  // the MARK
  return end(kind::tuple, ')');
}

splicer& splicer::begin_list() {
  return begin(kind::list, ']');
}
splicer& splicer::end_list() {
  return end_batched(kind::list);
}
splicer& splicer::begin_dict() {
  return begin(kind::dict, '}');
}
splicer& splicer::end_dict() {
  return end_batched(kind::dict);
}
splicer& splicer::begin_set() {
  return begin(kind::set, 0x8f);
}
splicer& splicer::end_set() {
  return end_batched(kind::set);
}
splicer& splicer::begin_frozenset() {
  return begin(kind::frozenset, mark);
}
splicer& splicer::end_frozenset() {
  return end(kind::frozenset, 0x91);
}

splicer& splicer::reduce() {
  return call('R');
}
splicer& splicer::newobj() {
  return call(0x81);
}
splicer& splicer::build() {
  return call('b');
}

// Writes an opcode that makes one value of the two before it.
splicer& splicer::call(unsigned char opcode) {
  write_opcode(opcode);
  if (!open_.empty()) {
    --open_.back().count;
    if (is_batched(open_.back().kind)) --open_.back().batched;
  }
  about_.opaque_equality = true;
  end_value(kind::instance);
  return *this;
}

// Puts the insertions in their places, and numbers and PUTs the blocks that were met again.
spliced splicer::assemble(std::size_t from) {
  spliced result;
  std::size_t memo = about_.memo_count;
  auto met = met_.begin();
  const auto copy_until = [&](std::size_t until) {
    result.copied_.append(copied_.view().subspan(from, until - from));
    from = until;
  };
  const auto put_blocks_before = [&](std::size_t insertion) {
    for (; met != met_.end() && met->insertions <= insertion; ++met) {
      if (!met->again) continue;
      copy_until(met->after);
      met->memo = memo++;
      result.copied_.commit(
          detail::write_put(result.copied_.prepare(detail::longest_memo), met->memo));
    }
  };
  std::size_t parts_size = 0;
  for (std::size_t i = 0; i != insertions_.size(); ++i) {
    put_blocks_before(i);
    copy_until(insertions_[i].until);
    const std::size_t number = insertions_[i].number;
    switch (insertions_[i].form) {
      case insertion::form::part:
        result.references_.push_back(
            {result.copied_.size(), parts_[number].part, std::move(parts_[number].block)});
        parts_size += parts_[number].part.size();
        break;
      case insertion::form::get:
        result.copied_.commit(
            detail::write_get(result.copied_.prepare(detail::longest_memo), met_[number].memo));
        break;
      case insertion::form::hole: holes_[number].offset = result.copied_.size() + parts_size; break;
    }
  }
  put_blocks_before(insertions_.size());
  copy_until(copied_.size());
  about_.memo_count = static_cast<std::uint32_t>(memo);
  result.size_ = result.copied_.size() + parts_size;
  return result;
}

spliced splicer::finish() && {
  assert(open_.empty() && holes_.empty());
  write_opcode('.');
  if (about_.uses_protocol_5) copied_.data()[1] = std::byte{5};
  spliced result;
  if (insertions_.size() != parts_.size()) {
    result = assemble(0);
  } else {
    result.size_ = size();
    result.copied_ = std::move(copied_);
    result.references_ = std::move(parts_);
  }
  spare<std::vector<open_container>>::leave(std::move(open_));
  spare<std::vector<met_block>>::leave(std::move(met_));
  return result;
}

pickled::frozen splicer::freeze() && {
  assert(open_.empty());
  if (insertions_.empty())
    return pickled::frozen::block(copied_.view().subspan(proto_size), about_);
  buffer run = assemble(proto_size).joined();
  return pickled::frozen::block(std::move(run), about_, std::move(holes_));
}

PICKLED_END_NAMESPACE
