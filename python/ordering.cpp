// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"
#include "python/calendar.hpp"
#include "python/comparison.hpp"
#include "python/ip_address.hpp"
#include "python/numpy_scalar.hpp"
#include "python/pandas.hpp"
#include "python/path.hpp"
#include "python/value_classes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

// With the operands exchanged Python asked b whether it is greater.
[[noreturn]] void refuse_order(value_view a, value_view b, bool exchanged = false) {
  if (exchanged) {
    throw python_error("TypeError",
                       fmt::format("'>' not supported between instances of '{}' and '{}'",
                                   type_name(b), type_name(a)));
  }
  throw python_error(
      "TypeError", fmt::format("'<' not supported between instances of '{}' and '{}'", type_name(a),
                               type_name(b)));
}

bool less_number(value_view a, value_view b) {
  const number x = *number_of(a);
  const number y = *number_of(b);
  const bool decimals =
      std::holds_alternative<decimal_number>(x) || std::holds_alternative<decimal_number>(y);
  if (decimals && (is_nan(x) || is_nan(y))) refuse_nan();
  return order(x, y) < 0;
}

// A NaT is neither less nor greater than any time.
bool less_time(value_view a, value_view b, bool exchanged) {
  const auto x = *read_numpy_scalar(a.as_instance());
  const auto y = *read_numpy_scalar(b.as_instance());
  const auto left = time_of(x);
  const auto right = time_of(y);
  if (x.letter != y.letter) refuse_order(a, b, exchanged);
  if (!left || !right) return false;
  if (left->scale != right->scale) refuse_order(a, b, exchanged);
  return left->count < right->count;
}

bool less_pandas_time(value_view a, value_view b, bool exchanged) {
  const pandas_time x = *read_pandas_time(a);
  const pandas_time y = *read_pandas_time(b);
  if (x.is_timestamp != y.is_timestamp) refuse_order(a, b, exchanged);
  if (x.is_aware != y.is_aware)
    throw python_error("TypeError", "Cannot compare tz-naive and tz-aware timestamps");
  return x.nanoseconds < y.nanoseconds;
}

// numpy orders its complex numbers, and all that are compared with them, by the real part first.
bool less_complex(const face& a, const face& b) {
  const auto parts = [](const face& f) -> std::pair<number, double> {
    if (f.behaves == behaviour::number) return {*number_of(f.value), 0};
    return {f.value.as_complex().real, f.value.as_complex().imag};
  };
  const auto [left, left_imaginary] = parts(a);
  const auto [right, right_imaginary] = parts(b);
  const std::partial_ordering real = order(left, right);
  return real < 0 || (real == 0 && left_imaginary < right_imaginary);
}

// By components, as pathlib has it: the separator counts less than any character.
bool less_path(const std::string& a, const std::string& b, char separator) {
  const auto rank = [separator](char c) {
    return c == separator ? -1 : int{static_cast<unsigned char>(c)};
  };
  return std::ranges::lexicographical_compare(a, b, {}, rank, rank);
}

// Which scope they are of does not count.
bool less_address(value_view a, value_view b) {
  const ip_address x = *read_ip_address(a.as_instance());
  const ip_address y = *read_ip_address(b.as_instance());
  if (x.is_ipv6 == y.is_ipv6) return x.bytes < y.bytes;
  const auto text = [](value_view v) {  // of IPv6Address('::1')
    const std::string call = repr(v);
    return call.substr(13, call.size() - 15);
  };
  throw python_error("TypeError",
                     fmt::format("{} and {} are not of the same version", text(a), text(b)));
}

// Whether Python asks the second operand first, as it is of a subclass of the first one's class.
bool is_subclass(value_view v, value_view base) {
  const auto of_subclass = [](value_view o) {
    return o.is(kind::instance) && o.as_instance().how == instance_node::construction::newobj;
  };
  return of_subclass(v) && !of_subclass(base);
}

bool is_sequence(behaviour b) {
  return b == behaviour::tuple || b == behaviour::list || b == behaviour::deque ||
         b == behaviour::array || b == behaviour::slice;
}

// Two instances of one class that compares by what it holds: the values of their attributes.
bool read_both(value_view a, value_view b, std::vector<value_view>& left,
               std::vector<value_view>& right) {
  if (!a.is(kind::instance) || !b.is(kind::instance)) return false;
  std::vector<value_view> left_names;
  std::vector<value_view> right_names;
  return read_fields(a.as_instance(), left_names, left) &&
         read_fields(b.as_instance(), right_names, right) &&
         class_of(a.as_instance()) == class_of(b.as_instance()) &&
         std::ranges::equal(left_names, right_names, equal);
}

// Whether the order of two texts is theirs whatever the class is: one of a subclass of Decimal has
// that of the numbers.
bool orders_alike(std::string_view a, std::string_view b) {
  const auto read = [](std::string_view text) -> std::optional<number> {
    if (auto d = parse_decimal(text)) return *std::move(d);
    if (auto f = parse_fraction(text)) return *std::move(f);
    return std::nullopt;
  };
  const auto x = read(a);
  const auto y = read(b);
  if (!x || !y) return true;
  return !is_nan(*x) && !is_nan(*y) && (order(*x, *y) < 0) == (a < b);
}

}  // namespace

void refuse_nan() {
  const auto owner = std::make_shared<arena>();
  value_builder build(*owner);
  const value_view signal = build.global("decimal", "InvalidOperation");
  const value_view signals = build.list({&signal, 1});
  throw python_error("decimal.InvalidOperation", value(build.tuple({&signals, 1}), owner));
}

bool comparison::less(value_view a, value_view b) {
  for (bool exchanged = false;;) {
    if (a.is(kind::integer) && b.is(kind::integer)) return a.as_integer() < b.as_integer();
    if (a.is(kind::str) && b.is(kind::str)) return a.as_str() < b.as_str();
    if (a.is(kind::real) && b.is(kind::real)) return a.as_real() < b.as_real();
    const face left = face_of(a);
    const face right = face_of(b);
    std::vector<value_view> left_fields;
    std::vector<value_view> right_fields;
    const bool by_fields = left.behaves == behaviour::other && right.behaves == behaviour::other &&
                           read_both(a, b, left_fields, right_fields);
    if (!by_fields && (left.behaves != right.behaves || !is_sequence(left.behaves)))
      return less_unordered(a, b, exchanged);
    // Each item is itself, and what is itself is equal to itself inside a container.
    const void* node = node_of(left.value);
    if (node != nullptr && node == node_of(right.value)) return false;
    if (exchanged ? is_subclass(a, b) : is_subclass(b, a)) exchanged = !exchanged;
    const auto parts = [&](const face& f, std::vector<value_view>& fields) {
      if (by_fields) return std::span<const value_view>(fields);
      return f.behaves == behaviour::slice ? f.value.as_instance().args.as_items() : items(f);
    };
    const auto x = parts(left, left_fields);
    const auto y = parts(right, right_fields);
    const auto [first, second] = std::ranges::mismatch(
        x, y, [this](value_view p, value_view q) { return compare(p, q, true); });
    if (first == x.end() || second == y.end()) return x.size() < y.size();
    std::tie(a, b) = difference_;
  }
}

bool comparison::less_unordered(value_view a, value_view b, bool exchanged) {
  const face left = face_of(a);
  const face right = face_of(b);
  const auto is_numeric = [](const face& f) {
    return f.behaves == behaviour::complex ||
           (f.behaves == behaviour::number && !f.value.is(kind::instance));
  };
  const bool numpy_complex = (left.behaves == behaviour::complex && a.is(kind::instance)) ||
                             (right.behaves == behaviour::complex && b.is(kind::instance));
  if (numpy_complex && is_numeric(left) && is_numeric(right)) return less_complex(left, right);
  if (left.behaves != right.behaves) {
    if (right.behaves == behaviour::numpy_time) {
      if (const auto order = order_with_time(left, right)) return *order < 0;
    } else if (left.behaves == behaviour::numpy_time) {
      if (const auto order = order_with_time(right, left)) return *order > 0;
    }
    refuse_order(a, b, exchanged);
  }
  switch (left.behaves) {
    case behaviour::number: return less_number(left.value, right.value);
    case behaviour::uuid: return less_number(uuid_int(left.value), uuid_int(right.value));
    case behaviour::str: return left.value.as_str() < right.value.as_str();
    case behaviour::bytes: return as_text(left.value.as_bytes()) < as_text(right.value.as_bytes());
    case behaviour::set: return less_set(left, right);
    case behaviour::counter: return less_counter(left, right);
    case behaviour::timedelta:
      return read_timedelta(a.as_instance()) < read_timedelta(b.as_instance());
    case behaviour::date:
    case behaviour::datetime:
    case behaviour::time: return less_moment(left, right);
    case behaviour::path:
      return less_path(path_text(a.as_instance()), path_text(b.as_instance()), '/');
    case behaviour::windows_path:
      return less_path(windows_path_key(a.as_instance()), windows_path_key(b.as_instance()), '\\');
    case behaviour::ip_address: return less_address(a, b);
    case behaviour::numpy_time: return less_time(a, b, exchanged);
    case behaviour::pandas_time: return less_pandas_time(a, b, exchanged);
    case behaviour::other: return less_member(a, b, exchanged);
    case behaviour::simple_namespace:
      throw python_error("TypeError", "'<' not supported between instances of 'dict' and 'dict'");
    default: refuse_order(a, b, exchanged);
  }
}

// Two Enum members of one class, as their values.
bool comparison::less_member(value_view a, value_view b, bool exchanged) {
  const auto left = member_value(a);
  const auto right = member_value(b);
  const bool comparable = left && right && left->is(kind::str) == right->is(kind::str) &&
                          class_of(a.as_instance()) == class_of(b.as_instance());
  const bool known =
      comparable && (!left->is(kind::str) || orders_alike(left->as_str(), right->as_str()));
  if (!known) refuse_order(a, b, exchanged);
  return less(*left, *right);
}

// A proper subset.
bool comparison::less_set(const face& a, const face& b) {
  const key_table& left = table(a);
  const key_table& right = table(b);
  return left.entries().size() < right.entries().size() &&
         std::ranges::all_of(left.entries(), [&right](const dict_entry& e) {
           return right.find(e.key) != nullptr;
         });
}

// No count is greater than in the other Counter, and one is less.
bool comparison::less_counter(const face& a, const face& b) {
  const nesting level(*this);
  const value_view zero = value_view::integer(0);
  bool differs = false;
  const auto fits = [&](value_view count, value_view other) {
    if (equal(count, other)) return true;
    differs = true;
    return less(count, other);
  };
  const key_table& left = table(a);
  const key_table& right = table(b);
  const auto count_in = [zero](const key_table& counter, const dict_entry& e) {
    const dict_entry* found = counter.find(e.key);
    return found == nullptr ? zero : found->value;
  };
  return std::ranges::all_of(
             left.entries(),
             [&](const dict_entry& e) { return fits(e.value, count_in(right, e)); }) &&
         std::ranges::all_of(
             right.entries(),
             [&](const dict_entry& e) { return fits(count_in(left, e), e.value); }) &&
         differs;
}

bool comparison::less_moment(const face& a, const face& b) {
  using awareness = enum instant::awareness;
  const moment left = read_moment(a);
  const moment right = read_moment(b);
  const instant x = instant_of(left);
  const instant y = instant_of(right);
  if ((x.awareness == awareness::naive) != (y.awareness == awareness::naive)) {
    const char* plural = a.behaves == behaviour::time ? "times" : "datetimes";
    throw python_error("TypeError",
                       fmt::format("can't compare offset-naive and offset-aware {}", plural));
  }
  const bool unknown = x.awareness == awareness::unknown || y.awareness == awareness::unknown;
  if (unknown && !equal(left.zone, right.zone)) {
    throw python_error("TypeError", "can't compare times of different time zones without Python");
  }
  return x.microseconds < y.microseconds;
}

}  // namespace pickled::inline v0::detail
