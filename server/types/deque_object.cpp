// SPDX-License-Identifier: BSL-1.0

// collections.deque, as a manager hosts it: a list with two ends, which may have a greatest length.

#include "frozen/thaw.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "server/python/subscript.hpp"
#include "server/registry.hpp"
#include "server/types/list_object.hpp"
#include "server/types/slots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {
namespace {

using length_limit = std::optional<std::size_t>;

[[noreturn]] void throw_empty() {
  throw python_error("IndexError", "pop from an empty deque");
}

class deque_object final : public list_object {
 public:
  deque_object(std::vector<frozen> items, length_limit maxlen)
      : list_object(last_of(std::move(items), maxlen)), maxlen_(maxlen) {}

  static std::span<const method_entry> table() noexcept {
    static constexpr method_entry methods[] = {
        {"__contains__", method<&deque_object::is_in>, needs::whole | needs::arguments},
        {"__delitem__", method<&deque_object::delete_place>, needs::little},
        {"__getitem__", method<&deque_object::get_place>, needs::little},
        {"__iter__", method<&deque_object::iter>, needs::whole},
        {"__len__", method<&deque_object::len>, needs::little},
        {"__reversed__", method<&deque_object::iter_reversed>, needs::whole},
        {"__setitem__", method<&deque_object::set_place>, needs::memory},
        {"append", method<&deque_object::append_right>, needs::memory},
        {"appendleft", method<&deque_object::append_left>, needs::memory},
        {"clear", method<&deque_object::clear>, needs::whole},
        {"copy", method<&deque_object::copy_all>, needs::whole},
        {"count", method<&deque_object::count_equal>, needs::whole | needs::arguments},
        {"extend", method<&deque_object::extend_right>, needs::memory | needs::arguments},
        {"extendleft", method<&deque_object::extend_left>, needs::memory | needs::arguments},
        {"index", method<&deque_object::index_of_equal>, needs::whole | needs::arguments},
        {"insert", method<&deque_object::insert_at>, needs::memory},
        {"pop", method<&deque_object::pop_right>, needs::little},
        {"popleft", method<&deque_object::pop_left>, needs::little},
        {"remove", method<&deque_object::remove_equal>, needs::whole | needs::arguments},
        {"reverse", method<&deque_object::reverse>, needs::whole},
        {"rotate", method<&deque_object::rotate>, needs::whole},
    };
    return methods;
  }

  std::span<const method_entry> methods() const noexcept override { return table(); }

  std::string repr(std::size_t limit) const override {
    const std::string length = maxlen_ ? fmt::format(", maxlen={}", *maxlen_) : "";
    return fmt::format("deque({}{})", list_object::repr(limit), length);
  }

  void write_value(splicer& out) const override {
    out.global("collections", "deque").begin_tuple();
    list_object::write_value(out);
    if (maxlen_) out.integer(static_cast<std::int64_t>(*maxlen_));
    out.end_tuple().reduce();
  }

 private:
  // The last ones of `items`, as many as the greatest length allows.
  static std::vector<frozen> last_of(std::vector<frozen> items, length_limit maxlen) {
    if (maxlen && items.size() > *maxlen)
      items.erase(items.begin(), items.end() - static_cast<std::ptrdiff_t>(*maxlen));
    return items;
  }

  [[noreturn]] void throw_missing(const frozen& sought, bool) const override {
    throw python_error("ValueError", repr_of(sought, longest_in_error) + " is not in deque");
  }

  bool is_too_long() const noexcept { return maxlen_ && items_.size() > *maxlen_; }

  std::size_t place(const frozen& index) const {
    const auto found = place_of(
        integer_argument(index, "cannot fit 'int' into an index-sized integer"), items_.size());
    if (!found) throw python_error("IndexError", "deque index out of range");
    return *found;
  }

  void is_in(call& c) {
    needle sought(c.args.take_slot("__contains__", 1).front());
    const search found = long_step([&] { return find(sought, 0, whole, false); });
    c.reply.boolean(first_equal(sought, found).has_value());
  }

  void get_place(call& c) {
    c.reply.frozen(items_[place(c.args.take_slot("__getitem__", 1).front())]);
  }

  void set_place(call& c) {
    const auto given = c.args.take_unnamed_slot("__setitem__", 2);
    assign(place(given[0]), given[1]);
  }

  void delete_place(call& c) {
    c.drop(take_from(place(c.args.take_slot("__delitem__", 1).front())));
  }

  void iter(call& c) {
    c.args.take_slot("__iter__", 0);
    write_iterator(c.reply, snapshot());
  }

  void iter_reversed(call& c) {
    c.args.take_none("deque.__reversed__");
    std::vector<frozen> items = snapshot();
    std::ranges::reverse(items);
    write_iterator(c.reply, items);
  }

  void append_right(call& c) {
    add_at(items_.size(), c.args.take_one("deque.append"));
    if (is_too_long()) c.drop(take_from(0));
  }

  void append_left(call& c) {
    add_at(0, c.args.take_one("deque.appendleft"));
    if (is_too_long()) c.drop(take_from(items_.size() - 1));
  }

  void copy_all(call& c) {
    c.args.take_none("deque.copy");
    write_value(c.reply);
  }

  void count_equal(call& c) { reply_count(c, c.args.take_one("deque.count")); }

  void extend_right(call& c) {
    std::vector<frozen> items = last_of(items_of(c.args.take_one("deque.extend")), maxlen_);
    std::vector<frozen> dropped;
    long_step([&] {
      replace(items_.size(), 0, std::move(items), dropped);
      if (is_too_long()) replace(0, items_.size() - *maxlen_, {}, dropped);
    });
  }

  void extend_left(call& c) {
    std::vector<frozen> items = last_of(items_of(c.args.take_one("deque.extendleft")), maxlen_);
    std::ranges::reverse(items);
    std::vector<frozen> dropped;
    long_step([&] {
      replace(0, 0, std::move(items), dropped);
      if (is_too_long()) replace(*maxlen_, items_.size() - *maxlen_, {}, dropped);
    });
  }

  void index_of_equal(call& c) { reply_index(c, c.args.take_between("deque.index", 1, 3)); }

  void insert_at(call& c) {
    const auto given = c.args.take_between("deque.insert", 2, 2);
    const std::int64_t where = integer_argument(given[0]);
    if (maxlen_ && items_.size() == *maxlen_)
      throw python_error("IndexError", "deque already at its maximum size");
    add_at(clamped_place(where, items_.size()), given[1]);
  }

  void pop_right(call& c) {
    c.args.take_none("deque.pop");
    if (items_.empty()) throw_empty();
    reply_taken(c, items_.size() - 1);
  }

  void pop_left(call& c) {
    c.args.take_none("deque.popleft");
    if (items_.empty()) throw_empty();
    reply_taken(c, 0);
  }

  void reply_taken(call& c, std::size_t from) {
    c.reply.frozen(items_[from]);
    c.drop(take_from(from));
  }

  void remove_equal(call& c) { remove_first(c.args.take_one("deque.remove")); }

  // The shorter way round, so that turning by a few places costs little.
  void rotate(call& c) {
    const auto given = c.args.take_between("deque.rotate", 0, 1);
    const std::int64_t n = given.empty() ? 1 : integer_argument(given[0]);
    long_step([&] {
      const auto size = static_cast<std::int64_t>(items_.size());
      if (size < 2) return;
      std::int64_t right = n % size;
      if (right < 0) right += size;
      for (std::int64_t i = size - right; right > size / 2 && i > 0; --i) {
        items_.push_back(std::move(items_.front()));
        items_.pop_front();
      }
      for (std::int64_t i = right; right <= size / 2 && i > 0; --i) {
        items_.push_front(std::move(items_.back()));
        items_.pop_back();
      }
      changed();
    });
  }

  static constexpr std::int64_t whole = std::numeric_limits<std::int64_t>::max();

  const length_limit maxlen_;
};

length_limit maxlen_argument(const frozen& given) {
  if (given.is_none()) return std::nullopt;
  if (!index_of(given)) throw python_error("TypeError", "an integer is required");
  const std::int64_t maxlen = integer_argument(given);
  if (maxlen < 0) throw python_error("ValueError", "maxlen must be non-negative");
  return static_cast<std::size_t>(maxlen);
}

// deque(iterable=(), maxlen=None).
std::shared_ptr<hosted> make_deque(arguments& args) {
  const auto [iterable, maxlen] = args.bind<2>("deque", {"iterable", "maxlen"}, 0);
  const length_limit limit = maxlen == nullptr ? std::nullopt : maxlen_argument(*maxlen);
  std::vector<frozen> items;
  if (iterable != nullptr) items = items_of(*iterable);
  return std::make_shared<deque_object>(std::move(items), limit);
}

}  // namespace

void host_deque(registry& types, iterators) {
  types.host<deque_object>("deque", make_deque, "AutoProxy", {{"collections", "deque"}});
}

}  // namespace pickled::inline v0::detail
