// SPDX-License-Identifier: BSL-1.0

#include "pickled/codec/pickler.hpp"

#include "pickle/codec/pickling.hpp"
#include "pickle/codec/scalar.hpp"
#include "pickle/value/node.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>

namespace pickled::inline v0::detail {

namespace {

// Strings that point into the input of loads have no counter: short ones are fetched from their
// third place on, longer ones are looked up always.
constexpr std::size_t long_text = 256;

// From more places than one, as far as the counter knows.
bool is_shared(std::uint8_t& uses) noexcept {
  return std::atomic_ref<std::uint8_t>(uses).load(std::memory_order_relaxed) > 1;
}

// CPython has one object each for the empty str and bytes and for those of one Latin-1 character.
const void* identity_of_singleton(value_view v) noexcept {
  static constexpr std::array<char, 256> texts{};
  static constexpr std::array<char, 256> bytes{};
  static constexpr char empty[2]{};
  if (v.is(kind::bytes)) {
    const bytes_view content = v.as_bytes();
    if (content.empty()) return &empty[0];
    return content.size() == 1 ? &bytes[static_cast<std::size_t>(content[0])] : nullptr;
  }
  const std::string_view text = v.as_str();
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.empty()) return &empty[1];
  if (text.size() == 1) return &texts[at(0)];
  if (text.size() == 2 && (at(0) & 0xfc) == 0xc0) {
    return &texts[static_cast<std::size_t>((at(0) & 3) << 6 | (at(1) & 0x3f))];
  }
  return nullptr;
}

}  // namespace

pickling::pickling(const dump_options& options, const opcode_writer::sink* to)
    : options_(options),
      protocol_(options.protocol),
      numbers_stand_alone_(protocol_ >= 2 && !options.persistent_id),
      out_(to) {
  if (protocol_ < 0 || protocol_ > 5) throw pickling_error("no such pickle protocol");
}

buffer pickling::run(value_view root) {
  if (protocol_ >= 2) out_.write(opcode::proto, static_cast<std::uint8_t>(protocol_));
  if (protocol_ >= 4 && options_.like_cpython) out_.start_framing();
  write_root(root);
  out_.write(opcode::stop);
  insert_puts();
  return out_.finish();
}

void pickling::write_root(value_view root) {
  root_ = root.identity();
  if (save(root)) return;
  while (!path_.empty())
    step();
}

bool pickling::save(value_view v) {
  out_.boundary();
  if (options_.persistent_id) {
    if (const auto id = options_.persistent_id(v)) return begin_persistent(*id);
  }
  return save_kind(v);
}

bool pickling::save_kind(value_view v) {
  switch (v.kind()) {
    case kind::none: out_.write(opcode::none); return true;
    case kind::boolean: save_bool(v.as_bool()); return true;
    case kind::integer: save_int(v.as_integer()); return true;
    case kind::big_integer: save_long(v); return true;
    case kind::real: save_float(v.as_real()); return true;
    case kind::complex: save_complex(v); return true;
    case kind::str: save_str(v); return true;
    case kind::bytes: save_bytes(v); return true;
    case kind::bytearray: save_bytearray(v); return true;
    case kind::tuple: return begin_tuple(v);
    case kind::list: return begin_list(v);
    case kind::dict: return begin_dict(v);
    case kind::set: return begin_set(v);
    case kind::frozenset: return begin_frozenset(v);
    case kind::global: save_global(v.as_global(), v.identity()); return true;
    case kind::extension: save_extension(v.as_extension()); return true;
    case kind::instance: return decide_ != nullptr ? save_at_rest(v) : begin_instance(v);
    case kind::persistent: return begin_persistent(v.as_persistent_id());
    case kind::buffer: save_buffer(v); return true;
    case kind::proxy:
      if (decide_ != nullptr) return save_at_rest(v);
      break;
  }
  throw pickling_error("a proxy cannot be pickled without its server");
}

void pickling::step() {
  open_container& f = path_.back();
  switch (f.v.kind()) {
    case kind::dict: return step_dict(f);
    case kind::tuple: return step_tuple(f);
    case kind::frozenset: return protocol_ >= 4 ? step_tuple(f) : step_list(f);
    case kind::instance: return step_instance(f);
    case kind::persistent: return step_persistent(f);
    default: return step_list(f);
  }
}

// Not inlined, so that the view comes in two registers and goes to the stack of containers as it
// is: put together again from pieces it would be slow to load.
[[gnu::noinline]] bool pickling::begin_to_fill(value_view v, bool is_tracked) {
  open_container& f = path_.emplace_back();
  f.v = v;
  f.number = memo_size_;
  memoise(v, is_tracked);
  f.position = out_.size();
  return false;
}

// A tuple, frozenset or instance is no object for the reader before its end, and is begun anew
// where it is met among its own parts. That ends once one of the parts is in the memo and can be
// fetched: if no part was put there since it was last begun, it would never end.
void pickling::begin(value_view v) {
  if (v.identity() != nullptr && tracked(v)) {
    const memo_table::entry* known = memo_.find(v.identity());
    if (known != nullptr) {
      if (known->position == memo_.size() && everything_) {
        throw pickling_error("an object that is its own argument cannot be pickled");
      }
      break_cycle(v);
    }
    const std::size_t entries = memo_.size() + (known == nullptr ? 1 : 0);
    memo_.put({v.identity(), memo_table::entry::unfinished, entries});
  }
  path_.emplace_back().v = v;
}

bool pickling::may_come_again(value_view v) const noexcept {
  // CPython has one object for all short texts of a kind; the counters here count each apart.
  if (options_.like_cpython && identity_of(v) != v.identity()) return true;
  if (std::uint8_t* uses = uses_of(v)) return is_shared(*uses) || v.identity() == root_;
  // CPython's numbers are given in the first place already, so it must be looked up there; and a
  // run at rest has one form, whether its texts were copied, and so counted, or not.
  if (options_.like_cpython || decide_ != nullptr) return true;
  switch (v.kind()) {
    case kind::str: return v.repeated() || v.as_str().size() >= long_text;
    case kind::bytes:
    case kind::big_integer: return v.repeated() || v.as_bytes().size() >= long_text;
    default: return true;
  }
}

const void* pickling::identity_of(value_view v) const noexcept {
  if (options_.like_cpython && (v.is(kind::str) || v.is(kind::bytes))) {
    if (const void* singleton = identity_of_singleton(v)) return singleton;
  }
  return v.identity();
}

bool pickling::fetch(const void* identity) {
  if (identity == nullptr) return false;
  memo_table::entry* known = memo_.find(identity);
  if (known == nullptr || known->number == memo_table::entry::unfinished) return false;
  if (known->number == memo_table::entry::unnumbered) {
    known->number = memo_size_++;
    puts_.emplace_back(known->position, known->number);
  }
  write_get(known->number);
  return true;
}

void pickling::memoise(const void* identity) {
  if (!options_.like_cpython) {
    if (identity != nullptr) memo_.put({identity, memo_table::entry::unnumbered, out_.size()});
    return;
  }
  const std::size_t number = memo_size_++;
  if (identity != nullptr) memo_.put({identity, number, 0});
  if (protocol_ >= 4) {
    out_.write(opcode::memoize);
  } else if (protocol_ >= 1) {
    out_.commit(write_put(out_.prepare(longest_memo), number));
  } else {
    out_.write_line(opcode::put, std::to_string(number));
  }
}

void pickling::write_get(std::size_t number) {
  if (protocol_ >= 1) {
    out_.commit(detail::write_get(out_.prepare(longest_memo), number));
  } else {
    out_.write_line(opcode::get, std::to_string(number));
  }
}

bool pickling::replace_by_get(value_view v, std::size_t parts, bool marked) {
  if (v.identity() == nullptr || !tracked(v)) return false;
  const memo_table::entry* known = memo_.find(v.identity());
  if (known == nullptr || known->number == memo_table::entry::unfinished) return false;
  if (marked && protocol_ >= 1) {
    out_.write(opcode::pop_mark);
  } else {
    for (std::size_t i = 0; i < parts + (marked ? 1 : 0); ++i)
      out_.write(opcode::pop);
  }
  return fetch(v.identity());
}

// `v` is met among its own parts. Of the containers and instances that lead from `v` back to it one
// must be in the memo, so that a GET ends the circle: an instance, or a container that stands
// elsewhere too, if there is one. Any other container is written anew, since the call that it is an
// argument of must find it filled. Only if there are no others, containers are fetched while they
// are being filled.
void pickling::break_cycle(value_view v) {
  auto begin = path_.end();
  while ((--begin)->v.identity() != v.identity()) {
  }
  const auto is_kept = [this](const open_container& f) {
    if (f.position == 0) return false;
    return f.v.is(kind::instance) || may_come_again(f.v);
  };
  const bool any_kept = std::any_of(begin, path_.end(), is_kept);
  for (auto f = path_.begin(); f != path_.end(); ++f) {
    if (f->position == 0) continue;
    memo_table::entry* known = memo_.find(f->v.identity());
    const bool kept = f < begin || !any_kept || is_kept(*f);
    if (kept && known == nullptr) {
      const bool numbered = options_.like_cpython;
      memo_.put(
          {f->v.identity(), numbered ? f->number : memo_table::entry::unnumbered, f->position});
    } else if (!kept && known != nullptr) {
      known->number = memo_table::entry::unfinished;
    }
  }
  everything_ = true;
}

// Moves what follows each PUT up by the sizes of those before it, from the end.
void pickling::insert_puts() {
  if (puts_.empty()) return;
  std::sort(puts_.begin(), puts_.end());
  const auto width = [this](std::size_t number) -> std::size_t {
    if (protocol_ == 0) return 2 + std::to_string(number).size();
    return number <= 0xff ? 2 : 5;
  };
  std::size_t added = 0;
  for (const auto& put : puts_)
    added += width(put.second);
  buffer& output = out_.output();
  std::size_t end = output.size();
  output.prepare(added);
  output.commit(added);
  for (auto put = puts_.rbegin(); put != puts_.rend(); ++put) {
    const auto [position, number] = *put;
    std::byte* from = output.data() + position;
    std::memmove(from + added, from, end - position);
    added -= width(number);
    if (protocol_ == 0) {
      const std::string text = "p" + std::to_string(number) + "\n";
      std::memcpy(from + added, text.data(), text.size());
    } else {
      write_put(from + added, number);
    }
    end = position;
  }
}

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

buffer dumps(value_argument v, const dump_options& options) {
  return detail::pickling(options).run(v);
}

buffer dumps(value_argument v, std::error_code& error, const dump_options& options) {
  return detail::catch_error(error, [&] { return dumps(v, options); });
}

PICKLED_END_NAMESPACE
