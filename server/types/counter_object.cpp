// SPDX-License-Identifier: BSL-1.0

// collections.Counter, as a manager hosts it: numbers by name. Besides what Python's has, it counts
// atomically: incr, decr and compare_and_set read and write in one step.

#include "frozen/freezer.hpp"
#include "frozen/thaw.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/type_name.hpp"
#include "pickled/value/big_integer.hpp"
#include "python/behaviour.hpp"
#include "server/python/subscript.hpp"
#include "server/registry.hpp"
#include "server/types/call.hpp"
#include "server/types/dict_object.hpp"
#include "server/types/slots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

using counts = std::vector<std::pair<frozen, frozen>>;  // keys and what is counted of them

// What can be added to: an int of any size or a float, also of numpy's and of an Enum.
using count = std::variant<big_integer, double>;

std::optional<count> count_of(const value& v) {
  const auto n = number_of(v);
  if (!n) return std::nullopt;
  if (const auto* integer = std::get_if<std::int64_t>(&*n)) return *integer;
  if (const auto* large = std::get_if<integer_bytes>(&*n)) return to_big_integer(large->bytes);
  if (const auto* real = std::get_if<double>(&*n)) return *real;
  return std::nullopt;
}

double real_of(const count& c) {
  if (const auto* real = std::get_if<double>(&c)) return *real;
  const auto result = static_cast<double>(std::get<big_integer>(c));
  if (std::isinf(result)) throw python_error("OverflowError", "int too large to convert to float");
  return result;
}

frozen combined_numbers(const value& left, char sign, const value& right) {
  const auto a = count_of(left);
  const auto b = count_of(right);
  if (!a || !b)
    throw python_error("TypeError", fmt::format("unsupported operand type(s) for {}: '{}' and '{}'",
                                                sign, type_name(left), type_name(right)));
  const auto* i = std::get_if<big_integer>(&*a);
  const auto* j = std::get_if<big_integer>(&*b);
  if (i == nullptr || j == nullptr)
    return frozen::real(sign == '+' ? real_of(*a) + real_of(*b) : real_of(*a) - real_of(*b));
  arena where;
  const big_integer result = sign == '+' ? big_integer(*i + *j) : big_integer(*i - *j);
  return freeze(value_builder(where).integer(twos_complement(result)));
}

// left + right, or left - right.
frozen combined(const frozen& left, char sign, const frozen& right) {
  const auto i = left.as_integer();
  const auto j = right.as_integer();
  std::int64_t result = 0;
  const bool small = i && j &&
                     (sign == '+' ? !__builtin_add_overflow(*i, *j, &result)
                                  : !__builtin_sub_overflow(*i, *j, &result));
  return small ? frozen::integer(result) : combined_numbers(thaw(left), sign, thaw(right));
}

// The greatest first, equal ones in their order.
void sort_by_count(counts& items) {
  const auto integer = [](const auto& item) { return item.second.as_integer().has_value(); };
  if (std::ranges::all_of(items, integer)) {
    std::ranges::stable_sort(items, std::ranges::greater(),
                             [](const auto& item) { return *item.second.as_integer(); });
    return;
  }
  std::vector<std::pair<value, std::size_t>> order;
  for (const auto& [key, count] : items)
    order.emplace_back(thaw(count), order.size());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return less(b.first, a.first); });
  counts sorted;
  for (const auto& [count, place] : order)
    sorted.push_back(std::move(items[place]));
  items = std::move(sorted);
}

class counter_object final : public dict_object {
 public:
  using dict_object::dict_object;

  static std::span<const method_entry> table() noexcept {
    static constexpr method_entry methods[] = {
        {"__contains__", method<&counter_object::contains>, needs::key},
        {"__delitem__", method<&counter_object::discard>, needs::key},
        {"__getitem__", method<&counter_object::get_or_zero>, needs::key},
        {"__iter__", method<&counter_object::iter>, needs::whole},
        {"__len__", method<&counter_object::len>, needs::little},
        {"__setitem__", method<&counter_object::setitem>, needs::memory | needs::key},
        {"clear", method<&counter_object::clear>, needs::whole},
        {"compare_and_set", method<&counter_object::compare_and_set>, needs::memory | needs::key},
        {"copy", method<&counter_object::copy>, needs::whole},
        {"decr", method<&counter_object::decr>, needs::memory | needs::key},
        {"elements", method<&counter_object::elements>, needs::whole | needs::unbounded},
        {"get", method<&counter_object::get>, needs::key},
        {"incr", method<&counter_object::incr>, needs::memory | needs::key},
        {"items", method<&counter_object::list_items>, needs::whole},
        {"keys", method<&counter_object::list_keys>, needs::whole},
        {"most_common", method<&counter_object::most_common>, needs::whole},
        {"pop", method<&counter_object::pop>, needs::key},
        {"popitem", method<&counter_object::popitem>, needs::little},
        {"setdefault", method<&counter_object::setdefault>, needs::memory | needs::key},
        {"subtract", method<&counter_object::subtract>, needs::memory | needs::arguments},
        {"total", method<&counter_object::total>, needs::whole},
        {"update", method<&counter_object::add>, needs::memory | needs::arguments},
        {"values", method<&counter_object::list_values>, needs::whole},
    };
    return methods;
  }

  std::span<const method_entry> methods() const noexcept override { return table(); }

  // In the order of most_common(), where the counts can be ordered.
  std::string repr(std::size_t limit) const override {
    counts items = all();
    if (items.empty()) return "Counter()";
    try {
      sort_by_count(items);
    } catch (const python_error&) {
    }
    std::string text = "Counter({";
    for (std::size_t i = 0; i < items.size() && text.size() < limit; ++i) {
      if (i != 0) text += ", ";
      text += repr_of(items[i].first, limit) + ": " + repr_of(items[i].second, limit);
    }
    return text += "})";
  }

  void write_value(splicer& out) const override {
    out.global("collections", "Counter").begin_tuple();
    dict_object::write_value(out);
    out.end_tuple().reduce();
  }

  // What the constructor and update() count, and what subtract() takes away: the elements of an
  // iterable once each, the items of a mapping, and keywords.
  void count(arguments& args, std::string_view function, char sign) {
    const auto positional = args.positional();
    if (positional.size() > 1)
      throw python_error(
          "TypeError", fmt::format("{}() takes from 1 to 2 positional arguments but {} were given",
                                   function, positional.size() + 1));
    if (!positional.empty() && !positional.front().is_none()) {
      if (auto mapping = dict_argument(positional.front()))
        count_pairs(*std::move(mapping), sign, sign == '+');
      else
        count_pairs(ones(items_of(positional.front())), sign, false);
    }
    pairs named;
    for (auto& [name, amount] : args.keywords())
      named.add(frozen::str(name), std::move(amount));
    if (!named.items.empty()) count_pairs(std::move(named), sign, sign == '+');
  }

 private:
  static pairs ones(std::vector<frozen> elements) {
    pairs result;
    result.items.reserve(elements.size());
    for (frozen& element : elements)
      result.add(std::move(element), frozen::integer(1));
    return result;
  }

  // An empty counter takes a mapping as it is, as Python's does.
  void count_pairs(pairs given, char sign, bool takes_mapping) {
    long_step([&] {
      const bool as_it_is = takes_mapping && entries_.size() == 0;
      for (auto& [k, amount] : given.items) {
        frozen result = as_it_is      ? amount
                        : sign == '+' ? combined(amount, '+', current(k))
                                      : combined(current(k), '-', amount);
        put(k, result);
        amount = std::move(result);
      }
    });
    given.throw_error();
  }

  // Under the mutex.
  frozen current(const key& k) const {
    const storage::entry* found = entries_.find(k);
    return found == nullptr ? frozen::integer(0) : found->value;
  }

  counts all() const {
    return long_step([this] {
      counts items;
      items.reserve(entries_.size());
      entries_.for_each(
          [&](const storage::entry& e) { items.emplace_back(e.key.original(), e.value); });
      return items;
    });
  }

  void discard(call& c) {
    const key k(std::move(c.args.take_slot("__delitem__", 1).front()));
    const auto dropped = step([&] { return take(k); });
  }

  void get_or_zero(call& c) {
    const key k(std::move(c.args.take_one("dict.__getitem__")));
    c.reply.frozen(step([&] { return current(k); }));
  }

  void add(call& c) { count(c.args, "Counter.update", '+'); }
  void subtract(call& c) { count(c.args, "Counter.subtract", '-'); }

  // incr(key, n=1) and decr(key, n=1) return the new count.
  void incr(call& c) { change_by(c, "Counter.incr", '+'); }
  void decr(call& c) { change_by(c, "Counter.decr", '-'); }

  void change_by(call& c, std::string_view function, char sign) {
    const auto [given, n] = c.args.bind<2>(function, {"key", "n"}, 1);
    key k(*given);
    const frozen amount = n == nullptr ? frozen::integer(1) : *n;
    frozen result;
    step([&] {
      result = combined(current(k), sign, amount);
      frozen stored = result;
      put(k, stored);
    });
    c.reply.frozen(result);
  }

  // compare_and_set(key, expected, new): whether the count was `expected`, and is `new` now.
  void compare_and_set(call& c) {
    const std::array<frozen*, 3> given =
        c.args.bind<3>("Counter.compare_and_set", {"key", "expected", "new"}, 3);
    key k(*given[0]);
    const value sought = thaw(*given[1]);
    c.reply.boolean(step([&] {
      if (!equal(thaw(current(k)), sought)) return false;
      put(k, *given[2]);
      return true;
    }));
  }

  void most_common(call& c) {
    const auto [given] = c.args.bind<1>("Counter.most_common", {"n"}, 0);
    const bool is_limited = given != nullptr && !given->is_none();
    const auto index = is_limited ? index_of(*given) : std::optional<index_value>();
    // Of what is no int.
    const std::int64_t most = index ? index->value : is_limited ? integer_argument(*given) : 0;
    counts items = all();
    sort_by_count(items);
    if (is_limited && most < static_cast<std::int64_t>(items.size()))
      items.resize(static_cast<std::size_t>(std::max<std::int64_t>(most, 0)));
    c.reply.begin_list();
    for (const auto& [key, count] : items)
      c.reply.begin_tuple().frozen(key).frozen(count).end_tuple();
    c.reply.end_list();
  }

  void elements(call& c) {
    c.args.bind<0>("Counter.elements", {}, 0);
    std::vector<frozen> result;
    for (const auto& [key, count] : all()) {
      const std::int64_t times = integer_argument(count);
      if (times <= 0) continue;
      c.check_memory(result.size() + static_cast<std::size_t>(times), sizeof(frozen));
      result.insert(result.end(), static_cast<std::size_t>(times), key);
    }
    write_iterator(c.reply, result);
  }

  void total(call& c) {
    c.args.bind<0>("Counter.total", {}, 0);
    frozen sum = frozen::integer(0);
    for (const auto& [key, count] : all())
      sum = combined(sum, '+', count);
    c.reply.frozen(sum);
  }
};

}  // namespace

// Counter(), Counter(iterable), Counter(mapping), each with keywords.
void host_counter(registry& types, iterators) {
  const auto create = [](arguments& args) {
    auto made = std::make_shared<counter_object>(pairs());
    made->count(args, "Counter.__init__", '+');
    return made;
  };
  types.host<counter_object>("Counter", create, "AutoProxy", {{"collections", "Counter"}});
}

}  // namespace pickled::inline v0::detail
