// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/type_name.hpp"
#include "pickled/value/as_call.hpp"
#include "pickled/value/proxy_reference.hpp"
#include "python/calendar.hpp"
#include "python/comparison.hpp"
#include "python/ip_address.hpp"
#include "python/numpy_scalar.hpp"
#include "python/pandas.hpp"
#include "python/path.hpp"
#include "python/range.hpp"
#include "python/recipe.hpp"
#include "python/seed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace pickled::inline v0::detail {

// A container whose parts are being hashed. Their hashes so far are the last results; those before
// them belong to the containers around it.
struct comparison::hash_frame {
  const void* node;
  behaviour behaves;
  bool strict;              // its own: whether a list in it is an error
  bool strict_parts;        // that of its parts
  std::uint64_t shape = 0;  // a hash of what is not among its parts
  std::span<const value_view> parts;
  std::vector<value_view> made;
  std::size_t next = 0;
};

namespace {

std::uint64_t combine(std::uint64_t state, std::uint64_t part) {
  return std::rotl(state + part * 0xc2b2ae3d27d4eb4f, 31) * 0x9e3779b185ebca87;
}

std::uint64_t hash_text(std::string_view text) {
  return hash_bytes(as_bytes(text));
}

// `hash_nan` gives the hash of a NaN.
template <class HashNan>
std::uint64_t hash_number(value_view v, const HashNan& hash_nan) {
  if (v.is(kind::integer)) return hash_word(residue::of(v.as_integer()));
  const number n = *number_of(v);
  if (!is_nan(n)) return hash_word(residue_of(n));
  const auto* d = std::get_if<decimal_number>(&n);
  if (d != nullptr && d->form == decimal_number::form::signaling_nan) {
    throw python_error("TypeError", "Cannot hash a signaling NaN value");
  }
  return hash_nan();
}

template <class HashNan>
std::uint64_t hash_complex(complex_number c, const HashNan& hash_nan) {
  const std::uint64_t real = hash_number(value_view::real(c.real), hash_nan);
  return c.imag == 0 ? real : combine(real, hash_number(value_view::real(c.imag), hash_nan));
}

// Whether Python's == takes an entry with this value of a Counter for no entry.
bool is_zero(value_view v) {
  const auto n = number_of(v);
  return n && !is_nan(*n) && order(*n, std::int64_t{0}) == 0;
}

std::uint64_t hash_range(const range& r) {
  const auto part = [](const big_integer& i) { return hash_bytes(twos_complement(i)); };
  const big_integer size = r.size();
  std::uint64_t result = part(size);
  if (size != 0) result = combine(result, part(r.start));
  if (size > 1) result = combine(result, part(r.step));
  return result;
}

std::uint64_t hash_duration(const duration& d) {
  // timedelta.max has more microseconds than 63 bits hold.
  const std::int64_t seconds = d.days * 86'400 + d.seconds;
  return combine(hash_word(static_cast<std::uint64_t>(seconds)),
                 static_cast<std::uint64_t>(d.microseconds));
}

std::uint64_t hash_other_leaf(value_view v) {
  switch (v.kind()) {
    case kind::global:
      return combine(hash_text(v.as_global().module), hash_text(v.as_global().name));
    case kind::extension: return hash_word(static_cast<std::uint64_t>(v.as_extension()));
    case kind::buffer: return hash_bytes(v.as_buffer().content);
    case kind::proxy: return hash_text(v.as_proxy().ident);
    default: return 0;
  }
}

// numpy 1 hashes them by their number, so that equal ones of two units are two keys, and a
// timedelta64 is one key with its int. A NaT equals nothing, and is not seen often.
std::uint64_t hash_time(const numpy_scalar& s) {
  if (!s.numpy_2) return hash_word(residue::of(s.count()));
  const auto time = time_of(s);
  const std::uint64_t letter = hash_word(static_cast<unsigned char>(s.letter));
  if (!time) return letter;
  return combine(letter + static_cast<std::uint64_t>(time->scale),
                 hash_bytes(twos_complement(time->count)));
}

std::uint64_t hash_time(const pandas_time& t) {
  const std::uint64_t fields =
      hash_word(0x70616e64 + (t.is_timestamp ? 2U : 0U) + (t.is_aware ? 1U : 0U));
  return combine(fields, hash_bytes(twos_complement(t.nanoseconds)));
}

std::uint64_t hash_address(const ip_address& a) {
  return combine(hash_bytes(std::as_bytes(std::span(a.bytes))) + a.is_ipv6, hash_text(a.scope));
}

std::uint64_t hash_standard(const face& f) {
  const instance_node& i = f.value.as_instance();
  switch (f.behaves) {
    case behaviour::timedelta: return hash_duration(*read_timedelta(i));
    case behaviour::timezone: return hash_duration(*read_timezone(i));
    case behaviour::zone_info: return hash_text(zone_key(f.value));
    case behaviour::uuid: return hash_word(residue_of(*number_of(uuid_int(f.value))));
    case behaviour::path: return hash_text(path_text(i));
    case behaviour::windows_path: return hash_text(windows_path_key(i));
    case behaviour::ip_address: return hash_address(*read_ip_address(i));
    case behaviour::range: return hash_range(*read_range(i));
    case behaviour::numpy_time: return hash_time(*read_numpy_scalar(i));
    case behaviour::pandas_time: return hash_time(*read_pandas_time(f.value));
    default: return 0;
  }
}

// What Python refuses as a dict key.
bool is_unhashable(value_view v, behaviour behaves) {
  switch (behaves) {
    case behaviour::dict: return !v.is(kind::instance) || !is_frozendict(v.as_instance());
    case behaviour::list:
    case behaviour::ordered_dict:
    case behaviour::counter:
    case behaviour::defaultdict:
    case behaviour::deque:
    case behaviour::array:
    case behaviour::simple_namespace: return true;
    case behaviour::set:
      return v.is(kind::instance) ? v.as_instance().callable.as_global().name == "set"
                                  : v.is(kind::set);
    case behaviour::bytes:
      return v.is(kind::bytearray) || as_call(v, {"builtins", "bytearray"}) != nullptr;
    default: return false;
  }
}

// A date or time whose hash needs no hash of its zone.
std::uint64_t hash_instant(const instant& i) {
  return combine(hash_word(static_cast<std::uint64_t>(i.microseconds)),
                 static_cast<std::uint64_t>(i.awareness));
}

}  // namespace

// A NaN equals nothing, so each gets a hash of its own: many in one dict would collide otherwise. A
// container of a NaN equals itself, and so the NaN's hash is that of its container there.
// Containers are told apart by a number, not by their addresses, since what is thawed for a moment
// soon leaves its address to another.
std::uint64_t comparison::hash_nan(const void* container) {
  static thread_local std::uint64_t alone = 0;
  if (container == nullptr) return hash_word(~++alone);
  const std::uint64_t number = nans_.try_emplace(container, nans_.size() + 1).first->second;
  return combine(hash_word(origin_), number);
}

// A leaf, or a container that was met before.
bool comparison::hash_at_once(const face& f, bool strict, const void* container,
                              std::uint64_t& result) {
  const auto nan = [&] { return hash_nan(container); };
  switch (f.behaves) {
    case behaviour::none: result = hash_word(0x6e6f6e65); return true;
    case behaviour::number: result = hash_number(f.value, nan); return true;
    case behaviour::complex: result = hash_complex(f.value.as_complex(), nan); return true;
    case behaviour::str: result = hash_text(f.value.as_str()); return true;
    case behaviour::bytes: result = hash_bytes(f.value.as_bytes()); return true;
    case behaviour::date:
    case behaviour::datetime:
    case behaviour::time: {
      const instant i = instant_of(read_moment(f));
      if (i.awareness == instant::awareness::unknown) break;  // its zone is hashed with it
      result = hash_instant(i);
      return true;
    }
    case behaviour::timedelta:
    case behaviour::timezone:
    case behaviour::zone_info:
    case behaviour::uuid:
    case behaviour::path:
    case behaviour::windows_path:
    case behaviour::ip_address:
    case behaviour::numpy_time:
    case behaviour::pandas_time:
    case behaviour::range: result = hash_standard(f); return true;
    default: break;
  }
  if (f.behaves == behaviour::other && !f.value.is(kind::instance) &&
      !f.value.is(kind::persistent)) {
    result = hash_other_leaf(f.value);
    return true;
  }
  // getattr(Outer, 'Inner') is what the name Outer.Inner is.
  if (const auto name = f.value.is(kind::instance) ? dotted_name_of(f.value) : std::nullopt) {
    result = combine(hash_text(name->module), hash_text(name->name));
    return true;
  }
  const auto known = hashes_.find(node_of(f.value));
  if (known == hashes_.end()) return false;
  // What was hashed leniently may hold a list that must be refused now.
  if (strict && !known->second.strict) return false;
  result = known->second.hash;
  return true;
}

void comparison::open_hash(const face& f, bool strict, hash_frame& opened) {
  const value_view v = f.value;
  opened.node = node_of(v);
  opened.behaves = is_dict_like(f.behaves) ? behaviour::dict : f.behaves;
  opened.strict = opened.strict_parts = strict;
  const auto add = [&opened](value_view part) { opened.made.push_back(part); };
  if (f.behaves == behaviour::set || f.behaves == behaviour::type_union) {
    for (const dict_entry& entry : table(f).entries())
      add(entry.key);
  } else if (is_dict_like(f.behaves)) {
    for (const dict_entry& entry : entries(f)) {
      if (is_zero(entry.value)) continue;
      add(entry.key);
      add(entry.value);
    }
  } else if (f.behaves == behaviour::slice) {
    opened.parts = v.as_instance().args.as_items();
  } else if (f.behaves == behaviour::simple_namespace) {
    add(state_of(v.as_instance()));
  } else if (f.behaves == behaviour::datetime || f.behaves == behaviour::time) {
    const moment m = read_moment(f);
    opened.strict_parts = false;
    opened.shape = hash_instant(instant_of(m));
    add(m.zone);
  } else if (v.is(kind::persistent)) {
    add(v.as_persistent_id());
  } else if (f.behaves == behaviour::other) {
    opened.strict_parts = false;
    const instance_node& i = v.as_instance();
    const recipe r = recipe_of(i);
    opened.made = {r.callable, r.args, r.kwargs, r.base};
    opened.shape = static_cast<std::uint64_t>(r.how) + 1;
    for (const auto& change : i.changes.view()) {
      opened.shape = combine(opened.shape, static_cast<std::uint64_t>(change.action) + 1);
      add(change.first);
      add(change.second);
    }
  } else {
    opened.parts = items(f);
  }
  if (!opened.made.empty()) opened.parts = opened.made;
}

std::uint64_t comparison::close_hash(const hash_frame& f, std::span<std::uint64_t> parts) {
  std::vector<std::uint64_t> pairs;
  if (f.behaves == behaviour::dict) {
    for (std::size_t i = 0; i < parts.size(); i += 2)
      pairs.push_back(combine(parts[i], parts[i + 1]));
    parts = pairs;
  }
  // Sets, unions and dicts have no order.
  const bool unordered = f.behaves == behaviour::dict || f.behaves == behaviour::set ||
                         f.behaves == behaviour::type_union;
  if (unordered) std::ranges::sort(parts);
  std::uint64_t result = combine(hash_word(static_cast<std::uint64_t>(f.behaves) + 1), f.shape);
  for (const std::uint64_t part : parts)
    result = combine(result, part);
  return combine(result, parts.size());
}

std::uint64_t comparison::hash(value_view v, bool strict) {
  std::vector<hash_frame> stack;
  std::vector<std::uint64_t> results;
  const auto visit = [&](value_view part, bool strictly, const void* container) {
    const face f = face_of(part);
    if (strictly && is_unhashable(part, f.behaves)) {
      throw python_error("TypeError", fmt::format("unhashable type: '{}'", type_name(part)));
    }
    std::uint64_t result = 0;
    if (hash_at_once(f, strictly, container, result)) return results.push_back(result);
    // For a value that contains itself anything constant will do, as comparing it is an error.
    const void* node = node_of(f.value);
    if (node != nullptr) hashes_[node] = {0x6379636c65, strictly};
    hash_frame opened{};
    open_hash(f, strictly, opened);
    stack.push_back(std::move(opened));
  };
  // A Decimal's NaN that is looked up as a key is equal to itself.
  visit(v, strict, strict ? nullptr : v.identity());
  while (!stack.empty()) {
    hash_frame& top = stack.back();
    if (top.next != top.parts.size()) {
      visit(top.parts[top.next++], top.strict_parts, top.node);
      continue;
    }
    const std::span parts(results.end() - static_cast<std::ptrdiff_t>(top.parts.size()),
                          results.end());
    const std::uint64_t result = close_hash(top, parts);
    if (top.node != nullptr) hashes_[top.node] = {result, top.strict};
    results.resize(results.size() - top.parts.size());
    results.push_back(result);
    stack.pop_back();
  }
  return results.back();
}

}  // namespace pickled::inline v0::detail
