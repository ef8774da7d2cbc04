// SPDX-License-Identifier: BSL-1.0

#include "python/iteration.hpp"

#include "pickle/value/utf8.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/type_name.hpp"
#include "pickled/value/big_integer.hpp"
#include "python/pandas.hpp"
#include "python/range.hpp"
#include "python/raw_array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

namespace pickled::inline v0::detail {
namespace {

// iter(iter(iter(…))): no program nests iterators so deep, but a hostile peer may.
constexpr std::size_t most_nested_iterators = 100;

using construction = instance_node::construction;

// The state of an iterator: of iter() how many items it has yielded, of reversed() which one comes
// next; nullopt where it has yielded none.
std::optional<std::int64_t> index_of(const instance_node& i) {
  const value_view state = state_of(i);
  if (!state.is(kind::integer)) return std::nullopt;
  return state.as_integer();
}

void drop(std::int64_t count, std::vector<value_view>& items) {
  const auto size = static_cast<std::int64_t>(items.size());
  items.erase(items.begin(), items.begin() + std::clamp<std::int64_t>(count, 0, size));
}

// zip(strict=True) has given as many rows as it can; the last one ended at `argument`.
[[noreturn]] void refuse_uneven(std::size_t argument, const char* how) {
  throw python_error(
      "ValueError",
      std::string_view(argument == 1 ? fmt::format("zip() argument 2 is {} than argument 1", how)
                                     : fmt::format("zip() argument {} is {} than arguments 1-{}",
                                                   argument + 1, how, argument)));
}

[[noreturn]] void refuse_function(std::string_view maker, value_view function) {
  const global_name name = function.is(kind::global) ? function.as_global() : global_name{};
  throw python_error(
      "TypeError", std::string_view(fmt::format("this server runs no Python, so that {} cannot "
                                                "call {}{}{}",
                                                maker, name.module, name.module.empty() ? "" : ".",
                                                name.name.empty() ? "it" : name.name)));
}

}  // namespace

void iteration::check(std::size_t count) const {
  if (count > max_items_) throw python_error("MemoryError");
}

std::optional<iteration::sequence> iteration::items(value_view v) {
  if (nesting_ == most_nested_iterators) {
    throw python_error("RecursionError", "maximum recursion depth exceeded");
  }
  ++nesting_;
  auto result = plain_items(v);
  --nesting_;
  return result;
}

std::optional<iteration::sequence> iteration::plain_items(value_view v) {
  const face f = face_of(v, where_);
  switch (f.behaves) {
    case behaviour::str: return characters(f.value.as_str());
    case behaviour::bytes: return numbers(f.value.as_bytes());
    case behaviour::tuple:
    case behaviour::list:
    case behaviour::deque:
    case behaviour::array: {
      const auto items = comparison_.items(f);
      return sequence(items.begin(), items.end());
    }
    case behaviour::set:
    case behaviour::dict:
    case behaviour::ordered_dict:
    case behaviour::counter:
    case behaviour::defaultdict: {
      sequence keys;
      for (const dict_entry& entry : comparison_.entries(f))
        keys.push_back(entry.key);
      return keys;
    }
    case behaviour::range: return range_items(f.value.as_instance());
    default: return v.is(kind::instance) ? instance_items(v) : std::nullopt;
  }
}

std::optional<iteration::sequence> iteration::instance_items(value_view v) {
  const instance_node& i = v.as_instance();
  if (!i.args.is(kind::tuple) || !i.callable.is(kind::global)) return std::nullopt;
  const auto args = i.args.as_items();
  const auto [module, maker] = i.callable.as_global();
  if (module.starts_with("pandas.")) return pandas_items(v);
  if (module.starts_with("numpy.")) return numpy_items(v);
  if (i.how != construction::reduce) return std::nullopt;
  if (maker == "_deque_iterator" && module.ends_with("collections")) return deque_items(args);
  if (module != "builtins") return std::nullopt;
  if (maker == "iter") return iterator_items(i);
  if (maker == "reversed") return reversed_items(i);
  if (maker == "enumerate") return enumerated_items(args);
  if (maker == "zip") return zipped_items(i);
  if (maker == "map") return mapped_items(args);
  if (maker == "filter" && !args.empty()) refuse_function(maker, args[0]);
  return std::nullopt;
}

iteration::sequence iteration::characters(std::string_view text) {
  check(text.size() - static_cast<std::size_t>(std::ranges::count_if(text, is_continuation)));
  sequence result;
  while (!text.empty()) {
    std::string_view rest = text;
    take_code_point(rest);
    const std::size_t size = text.size() - rest.size();
    result.push_back(value_view::characters(kind::str, text.data(), size));
    text = rest;
  }
  return result;
}

iteration::sequence iteration::numbers(bytes_view bytes) const {
  check(bytes.size());
  sequence result;
  for (const std::byte b : bytes) {
    result.push_back(value_view::integer(std::to_integer<std::int64_t>(b)));
  }
  return result;
}

iteration::sequence iteration::range_items(const instance_node& i) {
  const range r = *read_range(i);
  const big_integer size = r.size();
  if (size > max_items_) throw python_error("MemoryError");
  sequence result(static_cast<std::size_t>(size));
  static constexpr std::int64_t small = std::int64_t{1} << 62;
  const auto is_small = [](const big_integer& i) { return i > -small && i < small; };
  if (is_small(r.start) && is_small(r.stop) && is_small(r.step)) {
    auto number = static_cast<std::int64_t>(r.start);
    for (value_view& item : result) {
      item = value_view::integer(number);
      number += static_cast<std::int64_t>(r.step);
    }
    return result;
  }
  big_integer number = r.start;
  for (value_view& item : result) {
    item = build_.integer(twos_complement(number));
    number += r.step;
  }
  return result;
}

// _deque_iterator(deque, taken).
std::optional<iteration::sequence> iteration::deque_items(std::span<const value_view> args) {
  if (args.empty() || args.size() > 2) return std::nullopt;
  auto result = items(args[0]);
  if (result && args.size() == 2 && args[1].is(kind::integer)) drop(args[1].as_integer(), *result);
  return result;
}

// iter(sequence), and how many of its items were taken already.
std::optional<iteration::sequence> iteration::iterator_items(const instance_node& i) {
  if (i.args.size() != 1) return std::nullopt;
  auto result = items(i.args.as_items()[0]);
  if (const auto index = index_of(i); result && index) drop(*index, *result);
  return result;
}

// reversed(sequence), and the index of the item that comes next.
std::optional<iteration::sequence> iteration::reversed_items(const instance_node& i) {
  if (i.args.size() != 1) return std::nullopt;
  auto result = items(i.args.as_items()[0]);
  if (!result) return result;
  const auto size = static_cast<std::int64_t>(result->size());
  const std::int64_t next = index_of(i).value_or(size - 1);
  result->resize(static_cast<std::size_t>(std::clamp<std::int64_t>(next + 1, 0, size)));
  std::ranges::reverse(*result);
  return result;
}

std::optional<iteration::sequence> iteration::enumerated_items(std::span<const value_view> args) {
  if (args.empty() || args.size() > 2) return std::nullopt;
  const value_view start = args.size() == 2 ? args[1] : value_view::integer(0);
  if (!start.is(kind::integer) && !start.is(kind::big_integer)) return std::nullopt;
  auto result = items(args[0]);
  if (!result) return result;
  big_integer index = to_big_integer(start);
  for (value_view& item : *result) {
    item = build_.tuple(std::array{build_.integer(twos_complement(index)), item});
    ++index;
  }
  return result;
}

std::optional<iteration::sequence> iteration::zipped_items(const instance_node& i) {
  std::unordered_map<const void*, cursor> cursors;
  std::vector<cursor*> arguments;
  for (const value_view arg : i.args.as_items()) {
    const auto [found, made] = cursors.try_emplace(arg.identity());
    if (made) {
      auto taken = items(arg);
      if (!taken) return std::nullopt;
      found->second.items = *std::move(taken);
    }
    arguments.push_back(&found->second);
  }
  sequence result;
  sequence row;
  while (!arguments.empty()) {
    row.clear();
    for (cursor* argument : arguments) {
      if (argument->next == argument->items.size()) break;
      row.push_back(argument->items[argument->next++]);
    }
    if (row.size() != arguments.size()) break;
    result.push_back(build_.tuple(row));
    check(result.size());
  }
  const bool strict = state_of(i).is(kind::boolean) && state_of(i).as_bool();
  if (strict && !row.empty()) refuse_uneven(row.size(), "shorter");
  for (std::size_t a = 1; strict && a < arguments.size(); ++a) {
    if (arguments[a]->next != arguments[a]->items.size()) refuse_uneven(a, "longer");
  }
  return result;
}

std::optional<iteration::sequence> iteration::mapped_items(std::span<const value_view> args) {
  if (args.size() < 2) return std::nullopt;
  const bool known = args[0].is(kind::global) &&
                     args[0].as_global() == global_name{"builtins", "abs"} && args.size() == 2;
  if (!known) refuse_function("map", args[0]);
  auto result = items(args[1]);
  if (!result) return result;
  for (value_view& item : *result)
    item = absolute(item);
  return result;
}

// An array of one dimension yields numpy's scalars, each made as it would be pickled; one of more
// dimensions the arrays that it is made of.
std::optional<iteration::sequence> iteration::numpy_items(value_view v) {
  const auto array = read_raw_array(v);
  if (!array) return std::nullopt;
  if (array->shape.empty()) throw python_error("TypeError", "iteration over a 0-d array");
  const std::size_t count = array->shape[0];
  check(count);
  const bool flat = array->shape.size() == 1;
  // An array of empty rows may have any number of them without a byte for each.
  constexpr std::size_t most_empty_rows = 1U << 16;
  const bool too_many = array->size() == 0 && count > most_empty_rows;
  if (!flat && (too_many || !array->mask.empty())) return std::nullopt;
  sequence result;
  result.reserve(count);
  for (std::size_t n = 0; n != count; ++n)
    result.push_back(flat ? array->item(n, build_) : array->row(n, build_));
  return result;
}

std::optional<iteration::sequence> iteration::pandas_items(value_view v) const {
  auto result = detail::pandas_items(v, *where_);
  if (result) check(result->size());
  return result;
}

value_view iteration::absolute(value_view v) {
  const face f = face_of(v, where_);
  switch (f.value.kind()) {
    case kind::boolean:
    case kind::integer:
    case kind::big_integer: {
      const big_integer magnitude = abs(to_big_integer(f.value));
      return build_.integer(twos_complement(magnitude));
    }
    case kind::real: return value_view::real(std::abs(f.value.as_real()));
    case kind::complex:
      return value_view::real(std::hypot(f.value.as_complex().real, f.value.as_complex().imag));
    default: break;
  }
  throw python_error(
      "TypeError", std::string_view(fmt::format("bad operand type for abs(): '{}'", type_name(v))));
}

python_error not_iterable(value_view v) {
  const global_name made_by = v.is(kind::instance) ? class_of(v.as_instance()) : global_name{};
  const bool unknown = (made_by.module.starts_with("numpy") && made_by.name != "scalar") ||
                       made_by.module.starts_with("pandas.");
  const char* const text =
      unknown ? "this server cannot iterate such a '{}' object" : "'{}' object is not iterable";
  return {"TypeError", std::string_view(fmt::format(fmt::runtime(text), type_name(v)))};
}

}  // namespace pickled::inline v0::detail
