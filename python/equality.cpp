// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/type_name.hpp"
#include "pickled/value/proxy_reference.hpp"
#include "python/calendar.hpp"
#include "python/ip_address.hpp"
#include "python/numpy_scalar.hpp"
#include "python/pair_frame.hpp"
#include "python/pandas.hpp"
#include "python/path.hpp"
#include "python/range.hpp"
#include "python/recipe.hpp"
#include "python/value_classes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace pickled::inline v0::detail {
namespace {

// A key that is no scalar is looked up by a comparison within the comparison. No program nests sets
// in sets, or keys in keys, so deep.
constexpr std::size_t most_nested = 100;

[[noreturn]] void refuse_recursion() {
  throw python_error("RecursionError", "maximum recursion depth exceeded in comparison");
}

// Two values of one kind that need nothing but themselves; nullopt for all others.
std::optional<bool> same_scalar(value_view a, value_view b) {
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case kind::none: return true;
    case kind::boolean: return a.as_bool() == b.as_bool();
    case kind::integer: return a.as_integer() == b.as_integer();
    case kind::real: return a.as_real() == b.as_real();
    case kind::str: return a.as_str() == b.as_str();
    case kind::bytes:
    case kind::bytearray: return as_text(a.as_bytes()) == as_text(b.as_bytes());
    case kind::global: return a.as_global() == b.as_global();
    case kind::extension: return a.as_extension() == b.as_extension();
    case kind::buffer: return as_text(a.as_buffer().content) == as_text(b.as_buffer().content);
    case kind::proxy: return a.as_proxy().ident == b.as_proxy().ident;
    default: return std::nullopt;
  }
}

bool same_number(const number& a, const number& b) {
  if (is_signaling(a) || is_signaling(b)) refuse_nan();
  return order(a, b) == 0;
}

bool same_complex(const face& a, const face& b) {
  const auto real_part = [](const face& f) -> number {
    if (f.behaves == behaviour::number) return *number_of(f.value);
    return f.value.as_complex().real;
  };
  const auto imaginary = [](const face& f) {
    return f.behaves == behaviour::complex ? f.value.as_complex().imag : 0.0;
  };
  return imaginary(a) == imaginary(b) && same_number(real_part(a), real_part(b));
}

bool same_time(const numpy_scalar& a, const numpy_scalar& b) {
  const auto left = time_of(a);
  const auto right = time_of(b);
  return a.letter == b.letter && left && right && *left == *right;
}

bool has_own_equality(behaviour b) {
  return b == behaviour::ordered_dict || b == behaviour::counter;
}

// Two leaves of one behaviour, or two numbers.
bool same_leaf(const face& a, const face& b) {
  if (a.behaves == behaviour::complex || b.behaves == behaviour::complex) return same_complex(a, b);
  switch (a.behaves) {
    case behaviour::none: return true;
    case behaviour::number: return same_number(*number_of(a.value), *number_of(b.value));
    case behaviour::str: return a.value.as_str() == b.value.as_str();
    case behaviour::bytes: return as_text(a.value.as_bytes()) == as_text(b.value.as_bytes());
    case behaviour::uuid:
      return order(*number_of(uuid_int(a.value)), *number_of(uuid_int(b.value))) == 0;
    case behaviour::zone_info: return zone_key(a.value) == zone_key(b.value);
    default: break;
  }
  const instance_node& x = a.value.as_instance();
  const instance_node& y = b.value.as_instance();
  switch (a.behaves) {
    case behaviour::timedelta: return read_timedelta(x) == read_timedelta(y);
    case behaviour::timezone: return read_timezone(x) == read_timezone(y);
    case behaviour::path: return path_text(x) == path_text(y);
    case behaviour::windows_path: return windows_path_key(x) == windows_path_key(y);
    case behaviour::ip_address: return *read_ip_address(x) == *read_ip_address(y);
    case behaviour::range: return *read_range(x) == *read_range(y);
    case behaviour::numpy_time: return same_time(*read_numpy_scalar(x), *read_numpy_scalar(y));
    case behaviour::pandas_time: return *read_pandas_time(a.value) == *read_pandas_time(b.value);
    default: return false;
  }
}

}  // namespace

std::optional<std::partial_ordering> order_with_time(const face& other, const face& time) {
  const numpy_scalar scalar = *read_numpy_scalar(time.value.as_instance());
  const auto when = time_of(scalar);
  const bool whole = other.value.is(kind::boolean) || other.value.is(kind::integer) ||
                     other.value.is(kind::big_integer);
  if (other.behaves == behaviour::number && whole && scalar.letter == 'm')
    return when ? order(*number_of(other.value), scalar.count()) : std::partial_ordering::unordered;
  // numpy makes of a time that is no finer than datetime's classes one of them: of days or longer
  // units a date, of others a datetime.
  const bool of_days =
      scalar.unit == "D" || scalar.unit == "W" || scalar.unit == "M" || scalar.unit == "Y";
  constexpr std::string_view of_a_day[] = {"h", "m", "s", "ms", "us"};
  const bool exact = of_days || std::ranges::find(of_a_day, scalar.unit) != std::end(of_a_day);
  if (!when || !exact || when->scale != numpy_time::scale::attoseconds) return std::nullopt;
  constexpr std::int64_t attoseconds = 1'000'000'000'000;  // in a microsecond
  const auto order_of = [&](const big_integer& microseconds) -> std::partial_ordering {
    return big_integer(microseconds * attoseconds).compare(when->count) <=> 0;
  };
  if (other.behaves == behaviour::timedelta && scalar.letter == 'm') {
    const duration d = *read_timedelta(other.value.as_instance());
    return order_of((big_integer(d.days) * 86'400 + d.seconds) * 1'000'000 + d.microseconds);
  }
  if (scalar.letter != 'M' || other.behaves != (of_days ? behaviour::date : behaviour::datetime))
    return std::nullopt;
  const moment m = read_moment(other);
  if (!m.zone.is_none()) return std::nullopt;
  constexpr std::int64_t before_1970 = std::int64_t{719'162} * 86'400 * 1'000'000;
  return order_of(m.wall_clock() - before_1970);
}

comparison::nesting::nesting(comparison& around) : comparison_(around) {
  if (comparison_.nesting_ == most_nested) refuse_recursion();
  ++comparison_.nesting_;
}

const void* comparison::node_of(value_view v) noexcept {
  switch (v.kind()) {
    case kind::tuple:
    case kind::list:
    case kind::dict:
    case kind::set:
    case kind::frozenset: return v.size() == 0 ? nullptr : v.identity();
    case kind::instance:
    case kind::persistent: return v.identity();
    default: return nullptr;
  }
}

face comparison::face_of(value_view v) {
  if (!v.is(kind::instance)) return detail::face_of(v);
  if (is_undecidable(v.as_instance())) {
    throw python_error(
        "TypeError",
        fmt::format("'{}' objects cannot be compared by value without Python", type_name(v)));
  }
  if (const auto found = made_faces_.find(v.identity()); found != made_faces_.end()) {
    return found->second;
  }
  const face without = detail::face_of(v);
  if (without.behaves != behaviour::other) return without;
  const face with = detail::face_of(v, &made_);
  if (with.behaves != behaviour::other) made_faces_.emplace(v.identity(), with);
  return with;
}

bool comparison::equal(value_view a, value_view b) {
  if (const auto same = same_scalar(a, b)) return *same;
  return compare(a, b, false);
}

bool comparison::equal_keys(value_view a, value_view b) {
  if (const auto same = same_scalar(a, b)) return *same;
  const nesting level(*this);
  return compare(a, b, true);
}

bool comparison::compare(value_view a, value_view b, bool within) {
  std::vector<pair_frame> stack;
  difference_ = {a, b};
  try {
    if (visit(a, b, within, stack) == verdict::different) return false;
    while (!stack.empty()) {
      pair_frame& top = stack.back();
      if (top.next == top.left_parts.size()) {
        close(top);
        stack.pop_back();
        continue;
      }
      const std::size_t part = top.next++;
      const value_view left = top.left_parts[part];
      const value_view right = top.right_parts[part];
      if (visit(left, right, true, stack) == verdict::different) {
        const auto unordered = std::ranges::find(stack, false, &pair_frame::ordered);
        difference_ = unordered == stack.end() ? std::pair(left, right)
                                               : std::pair(unordered->left, unordered->right);
        abandon(stack);
        return false;
      }
    }
  } catch (...) {
    abandon(stack);
    throw;
  }
  return true;
}

comparison::verdict comparison::visit(value_view a, value_view b, bool within,
                                      std::vector<pair_frame>& stack) {
  const auto verdict_of = [](bool same) { return same ? verdict::equal : verdict::different; };
  if (const auto same = same_scalar(a, b)) return verdict_of(*same);
  const face left = face_of(a);
  const face right = face_of(b);
  const bool same_object = a.identity() != nullptr && a.identity() == b.identity() &&
                           a.kind() == b.kind() && node_of(a) == node_of(b);
  // Inside a container Python takes an object as equal to itself, NaN as well.
  const bool may_be_nan = left.behaves == behaviour::number || left.behaves == behaviour::complex ||
                          left.behaves == behaviour::numpy_time;
  if (same_object && (within || !may_be_nan)) return verdict::equal;
  pair_frame opened;
  opened.left = a;
  opened.right = b;
  opened.nodes = {node_of(left.value), node_of(right.value)};
  if (const auto known = pairs_.find(opened.nodes); known != pairs_.end()) {
    if (!known->second) refuse_recursion();
    return verdict::equal;
  }
  // An OrderedDict equals dicts that differ from one another, a Counter with zeroes likewise.
  opened.transitive = !has_own_equality(left.behaves) && !has_own_equality(right.behaves);
  if (opened.transitive && opened.nodes.first != nullptr &&
      representative(opened.nodes.first) == representative(opened.nodes.second)) {
    return verdict::equal;
  }
  const verdict result = open(left, right, opened);
  if (result != verdict::descend) return result;
  // Two empty containers, which have no nodes of their own to be noted as a pair.
  if (opened.left_parts.empty()) return verdict::equal;
  pairs_.emplace(opened.nodes, false);
  stack.push_back(std::move(opened));
  return verdict::descend;
}

void comparison::close(const pair_frame& closed) {
  if (!closed.transitive) {
    pairs_[closed.nodes] = true;
    return;
  }
  pairs_.erase(closed.nodes);
  const void* left = representative(closed.nodes.first);
  const void* right = representative(closed.nodes.second);
  if (left != right) parent_[left] = right;
}

void comparison::abandon(const std::vector<pair_frame>& stack) {
  for (const pair_frame& open_pair : stack)
    pairs_.erase(open_pair.nodes);
}

const void* comparison::representative(const void* node) {
  auto at = parent_.find(node);
  while (at != parent_.end()) {
    const auto above = parent_.find(at->second);
    if (above == parent_.end()) return at->second;
    at->second = above->second;  // halves the path for the next search
    at = above;
  }
  return node;
}

comparison::verdict comparison::open(const face& a, const face& b, pair_frame& opened) {
  const auto numeric = [](const face& f) {
    return f.behaves == behaviour::number || f.behaves == behaviour::complex;
  };
  if (is_dict_like(a.behaves) && is_dict_like(b.behaves)) {
    const bool both_ordered =
        a.behaves == behaviour::ordered_dict && b.behaves == behaviour::ordered_dict;
    const bool both_counters = a.behaves == behaviour::counter && b.behaves == behaviour::counter;
    if (both_ordered) return open_ordered(table(a), table(b), opened);
    if (both_counters) return open_counters(table(a), table(b), opened);
    return open_dict(table(a), table(b), opened);
  }
  if (a.behaves != b.behaves && !(numeric(a) && numeric(b))) {
    const auto order = a.behaves == behaviour::numpy_time   ? order_with_time(b, a)
                       : b.behaves == behaviour::numpy_time ? order_with_time(a, b)
                                                            : std::nullopt;
    return order && *order == 0 ? verdict::equal : verdict::different;
  }
  switch (a.behaves) {
    case behaviour::tuple:
    case behaviour::list:
    case behaviour::deque:
    case behaviour::array: return open_sequence(items(a), items(b), opened);
    case behaviour::slice:
      return open_sequence(a.value.as_instance().args.as_items(),
                           b.value.as_instance().args.as_items(), opened);
    case behaviour::set:
    case behaviour::type_union: return open_set(table(a), table(b));
    case behaviour::date:
    case behaviour::datetime:
    case behaviour::time: return open_moments(a, b, opened);
    case behaviour::simple_namespace:
      opened.add(state_of(a.value.as_instance()), state_of(b.value.as_instance()));
      opened.use_made();
      return verdict::descend;
    case behaviour::other: return open_other(a.value, b.value, opened);
    default: return same_leaf(a, b) ? verdict::equal : verdict::different;
  }
}

comparison::verdict comparison::open_sequence(std::span<const value_view> a,
                                              std::span<const value_view> b, pair_frame& opened) {
  if (a.size() != b.size()) return verdict::different;
  if (a.empty()) return verdict::equal;
  opened.ordered = true;
  opened.left_parts = a;
  opened.right_parts = b;
  return verdict::descend;
}

comparison::verdict comparison::open_set(const key_table& a, const key_table& b) {
  if (a.entries().size() != b.entries().size()) return verdict::different;
  const bool same = std::ranges::all_of(
      a.entries(), [&b](const dict_entry& e) { return b.find(e.key) != nullptr; });
  return same ? verdict::equal : verdict::different;
}

comparison::verdict comparison::open_dict(const key_table& a, const key_table& b,
                                          pair_frame& opened) {
  if (a.entries().size() != b.entries().size()) return verdict::different;
  for (const dict_entry& entry : a.entries()) {
    const dict_entry* found = b.find(entry.key);
    if (found == nullptr) return verdict::different;
    opened.add(entry.value, found->value);
  }
  opened.use_made();
  return verdict::descend;
}

comparison::verdict comparison::open_ordered(const key_table& a, const key_table& b,
                                             pair_frame& opened) {
  if (a.entries().size() != b.entries().size()) return verdict::different;
  for (std::size_t i = 0; i != a.entries().size(); ++i) {
    opened.add(a.entries()[i].key, b.entries()[i].key);
    opened.add(a.entries()[i].value, b.entries()[i].value);
  }
  opened.use_made();
  return verdict::descend;
}

// What one Counter lacks counts as zero.
comparison::verdict comparison::open_counters(const key_table& a, const key_table& b,
                                              pair_frame& opened) {
  for (const dict_entry& entry : a.entries()) {
    const dict_entry* found = b.find(entry.key);
    opened.add(entry.value, found == nullptr ? value_view::integer(0) : found->value);
  }
  for (const dict_entry& entry : b.entries()) {
    if (a.find(entry.key) == nullptr) opened.add(value_view::integer(0), entry.value);
  }
  opened.use_made();
  return verdict::descend;
}

comparison::verdict comparison::open_moments(const face& a, const face& b, pair_frame& opened) {
  const moment left = read_moment(a);
  const moment right = read_moment(b);
  const instant x = instant_of(left);
  const instant y = instant_of(right);
  const bool same = x.awareness == y.awareness && x.microseconds == y.microseconds;
  if (!same || x.awareness != instant::awareness::unknown) {
    return same ? verdict::equal : verdict::different;
  }
  // Of two zones that only Python knows no more can be said than whether they are the same.
  opened.add(left.zone, right.zone);
  opened.use_made();
  return verdict::descend;
}

comparison::verdict comparison::open_other(value_view a, value_view b, pair_frame& opened) {
  if (a.kind() != b.kind()) {
    const auto name = dotted_name_of(a);
    return name && name == dotted_name_of(b) ? verdict::equal : verdict::different;
  }
  if (a.is(kind::persistent)) {
    opened.add(a.as_persistent_id(), b.as_persistent_id());
  } else if (a.is(kind::instance)) {
    const instance_node& x = a.as_instance();
    const instance_node& y = b.as_instance();
    const recipe made = recipe_of(x);
    const recipe other = recipe_of(y);
    if (made.how != other.how || x.changes.size != y.changes.size) return verdict::different;
    opened.add(made.callable, other.callable);
    opened.add(made.args, other.args);
    opened.add(made.kwargs, other.kwargs);
    opened.add(made.base, other.base);
    for (std::size_t i = 0; i != x.changes.size; ++i) {
      if (x.changes.items[i].action != y.changes.items[i].action) return verdict::different;
      opened.add(x.changes.items[i].first, y.changes.items[i].first);
      opened.add(x.changes.items[i].second, y.changes.items[i].second);
    }
  }
  opened.use_made();
  return verdict::descend;
}

}  // namespace pickled::inline v0::detail
