// SPDX-License-Identifier: BSL-1.0

#include "server/types/list_object.hpp"

#include "frozen/thaw.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"
#include "server/python/sort.hpp"
#include "server/registry.hpp"
#include "server/types/slots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <string_view>
#include <typeinfo>

namespace pickled::inline v0::detail {
namespace {

constexpr std::string_view not_an_index = "list indices must be integers or slices, not ";
// How often a method starts anew, as others changed the list, before it has them wait for it.
constexpr int most_attempts = 3;
constexpr std::int64_t whole_list = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view too_many = "cannot fit 'int' into an index-sized integer";

// What `list + argument` accepts: a list, and a proxy of one.
std::vector<frozen> list_argument(const frozen& argument) {
  const auto proxied = hosted_argument(argument);
  const hosted* const other = proxied.get();
  if (argument.kind() == kind::list ||
      (other != nullptr && typeid(*other) == typeid(list_object))) {
    return items_of(argument);
  }
  const value v = thaw(argument);
  throw python_error("TypeError",
                     fmt::format("can only concatenate list (not \"{}\") to list", type_name(v)));
}

// The start and stop of list.index(): no None here.
std::int64_t bound_argument(const frozen& f) {
  if (const auto bound = index_of(f)) return bound->value;
  throw python_error("TypeError", "slice indices must be integers or have an __index__ method");
}

}  // namespace

list_object::list_object(std::vector<frozen> items)
    : items_(std::make_move_iterator(items.begin()), std::make_move_iterator(items.end())) {
  for (const frozen& item : items_)
    held_.add(item);
}

// The order is that of ListProxy in CPython 3.14.
std::span<const method_entry> list_object::table() noexcept {
  static constexpr method_entry methods[] = {
      {"__add__", method<&list_object::add>, needs::whole | needs::arguments},
      {"__contains__", method<&list_object::contains>, needs::whole | needs::arguments},
      {"__delitem__", method<&list_object::delitem>, needs::slices},
      {"__getitem__", method<&list_object::getitem>, needs::slices},
      {"__imul__", method<&list_object::imul>, needs::memory | needs::whole | needs::unbounded},
      {"__len__", method<&list_object::len>, needs::little},
      {"__mul__", method<&list_object::mul>, needs::whole | needs::unbounded},
      {"__reversed__", method<&list_object::reversed>, needs::whole},
      {"__rmul__", method<&list_object::rmul>, needs::whole | needs::unbounded},
      {"__setitem__", method<&list_object::setitem>, needs::memory | needs::slices},
      {"append", method<&list_object::append>, needs::memory},
      {"clear", method<&list_object::clear>, needs::whole},
      {"copy", method<&list_object::copy>, needs::whole},
      {"count", method<&list_object::count>, needs::whole | needs::arguments},
      {"extend", method<&list_object::extend>, needs::memory | needs::arguments},
      {"index", method<&list_object::index>, needs::whole | needs::arguments},
      {"insert", method<&list_object::insert>, needs::memory},
      {"pop", method<&list_object::pop>, needs::little},
      {"remove", method<&list_object::remove>, needs::whole | needs::arguments},
      {"reverse", method<&list_object::reverse>, needs::whole},
      {"sort", method<&list_object::sort>, needs::whole | needs::unbounded},
  };
  return methods;
}

std::string list_object::repr(std::size_t limit) const {
  return repr_sequence("[", snapshot(most_printed(limit)), "]", limit);
}

void list_object::write_value(splicer& out) const {
  write_list(out, snapshot());
}

std::size_t list_object::weight() const noexcept {
  return held_.bytes();
}

void list_object::for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const {
  std::vector<frozen> with_proxies;
  long_step([&] {
    if (!held_.have_proxies()) return;
    std::ranges::copy_if(items_, std::back_inserter(with_proxies),
                         [](const frozen& item) { return !item.holes().empty(); });
  });
  visit_proxies(with_proxies, visit);
}

std::optional<std::vector<frozen>> list_object::items() const {
  return snapshot();
}

std::vector<frozen> list_object::snapshot(std::size_t most) const {
  return long_step([&] {
    const auto count = static_cast<std::ptrdiff_t>(std::min(most, items_.size()));
    return std::vector<frozen>(items_.begin(), items_.begin() + count);
  });
}

void list_object::add(call& c) {
  std::vector<frozen> more = list_argument(c.args.take_slot("__add__", 1).front());
  std::vector<frozen> result = snapshot();
  std::ranges::move(more, std::back_inserter(result));
  write_list(c.reply, result);
}

void list_object::contains(call& c) {
  needle sought(c.args.take_slot("__contains__", 1).front());
  const search found = long_step([&] { return find(sought, 0, whole_list, false); });
  c.reply.boolean(first_equal(sought, found).has_value());
}

void list_object::delitem(call& c) {
  const subscript where(c.args.take_slot("__delitem__", 1).front(), not_an_index);
  std::vector<frozen> dropped;
  long_step([&] {
    if (where.is_slice()) {
      delete_places(where.range(items_.size()), dropped);
    } else {
      replace(where.index(items_.size(), "list assignment index out of range"), 1, {}, dropped);
    }
  });
}

void list_object::getitem(call& c) {
  const subscript where(c.args.take_one("list.__getitem__"), not_an_index);
  if (!where.is_slice()) {
    c.reply.frozen(
        step([&] { return items_[where.index(items_.size(), "list index out of range")]; }));
    return;
  }
  write_list(c.reply, long_step([&] {
               std::vector<frozen> part;
               const slice_range places = where.range(items_.size());
               part.reserve(places.count);
               for (std::size_t i = 0; i < places.count; ++i)
                 part.push_back(items_[places.place(i)]);
               return part;
             }));
}

void list_object::imul(call& c) {
  const std::int64_t times =
      integer_argument(c.args.take_unnamed_slot("__imul__", 1).front(), too_many);
  std::vector<frozen> dropped;
  std::vector<frozen> result;
  long_step([&] {
    const std::size_t size = items_.size();
    if (times < 1) {
      replace(0, size, {}, dropped);
    } else if (size != 0) {
      const auto count = static_cast<std::size_t>(times);
      c.check_memory(count, size * sizeof(frozen));
      std::vector<frozen> more;
      more.reserve(size * (count - 1));
      for (std::size_t i = size; i < size * count; ++i)
        more.push_back(items_[i % size]);
      replace(size, 0, std::move(more), dropped);
    }
    result.assign(items_.begin(), items_.end());
  });
  write_list(c.reply, result);
}

void list_object::len(call& c) {
  c.args.take_slot("__len__", 0);
  c.reply.integer(static_cast<std::int64_t>(items_.size()));
}

void list_object::mul(call& c) {
  repeat(c, integer_argument(c.args.take_unnamed_slot("__mul__", 1).front(), too_many));
}

void list_object::rmul(call& c) {
  repeat(c, integer_argument(c.args.take_unnamed_slot("__rmul__", 1).front(), too_many));
}

void list_object::repeat(call& c, std::int64_t times) const {
  std::vector<frozen> result = snapshot();
  const std::size_t size = result.size();
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
  c.check_memory(count, size * sizeof(frozen));
  if (count == 0) result.clear();
  // Copies, so that Python gets one object however often it stands there.
  result.reserve(size * count);
  for (std::size_t i = size; i < size * count; ++i)
    result.push_back(result[i - size]);
  write_list(c.reply, result);
}

void list_object::reversed(call& c) {
  c.args.take_none("list.__reversed__");
  const std::vector<frozen> items = snapshot();
  c.reply.global("builtins", "reversed").begin_tuple();
  write_list(c.reply, items);
  c.reply.end_tuple().reduce();
  if (items.empty()) return;
  c.reply.integer(static_cast<std::int64_t>(items.size()) - 1).build();
}

void list_object::setitem(call& c) {
  const auto given = c.args.take_unnamed_slot("__setitem__", 2);
  const subscript where(given[0], not_an_index);
  if (where.is_slice()) return set_slice(where, given[1]);
  // The old value takes the place of the argument, and is destroyed with it after unlocking.
  step([&] { assign(where.index(items_.size(), "list assignment index out of range"), given[1]); });
}

void list_object::set_slice(const subscript& where, const frozen& value) {
  auto items = iterable_items(value);
  if (!items) throw python_error("TypeError", "must assign iterable to extended slice");
  std::vector<frozen> dropped;
  long_step([&] {
    const slice_range places = where.range(items_.size());
    if (places.step == 1) {
      const auto first = static_cast<std::size_t>(places.start);
      replace(first, places.count, std::move(*items), dropped);
      return;
    }
    if (items->size() != places.count) {
      throw python_error(
          "ValueError",
          fmt::format("attempt to assign sequence of size {} to extended slice of size {}",
                      items->size(), places.count));
    }
    for (std::size_t i = 0; i < places.count; ++i)
      assign(places.place(i), (*items)[i]);
  });
}

void list_object::append(call& c) {
  add_at(items_.size(), c.args.take_one("list.append"));
}

void list_object::clear(call& c) {
  c.args.take_none("list.clear");
  std::deque<frozen> dropped;
  step([&] {
    dropped.swap(items_);
    held_.clear();
    changed();
  });
}

void list_object::copy(call& c) {
  c.args.take_none("list.copy");
  write_list(c.reply, snapshot());
}

void list_object::count(call& c) {
  reply_count(c, c.args.take_one("list.count"));
}

void list_object::reply_count(call& c, const frozen& given) {
  needle sought(given);
  const search found = long_step([&] { return find(sought, 0, whole_list, true); });
  const auto more = std::ranges::count_if(
      found.unknown, [&](const auto& slot) { return sought.equals(slot.second); });
  c.reply.integer(static_cast<std::int64_t>(found.equal.size()) + more);
}

void list_object::extend(call& c) {
  std::vector<frozen> items = items_of(c.args.take_one("list.extend"));
  std::vector<frozen> dropped;
  long_step([&] { replace(items_.size(), 0, std::move(items), dropped); });
}

void list_object::index(call& c) {
  reply_index(c, c.args.take_between("list.index", 1, 3));
}

void list_object::reply_index(call& c, std::span<const frozen> given) {
  needle sought(given[0]);
  const std::int64_t first = given.size() > 1 ? bound_argument(given[1]) : 0;
  const std::int64_t last = given.size() > 2 ? bound_argument(given[2]) : whole_list;
  const search found = long_step([&] { return find(sought, first, last, false); });
  if (const auto place = first_equal(sought, found)) {
    c.reply.integer(static_cast<std::int64_t>(*place));
    return;
  }
  throw_missing(given[0], false);
}

void list_object::throw_missing(const frozen& sought, bool removing) const {
  if (removing) throw python_error("ValueError", "list.remove(x): x not in list");
  throw python_error("ValueError", repr_of(sought, longest_in_error) + " is not in list");
}

void list_object::insert(call& c) {
  const auto given = c.args.take_between("list.insert", 2, 2);
  const std::int64_t where = integer_argument(given[0]);
  add_at(clamped_place(where, items_.size()), given[1]);
}

void list_object::pop(call& c) {
  const auto given = c.args.take_between("list.pop", 0, 1);
  const std::int64_t where = given.empty() ? -1 : integer_argument(given[0]);
  if (items_.empty()) throw python_error("IndexError", "pop from empty list");
  const auto place = place_of(where, items_.size());
  if (!place) throw python_error("IndexError", "pop index out of range");
  c.reply.frozen(items_[*place]);
  c.drop(take_from(*place));
}

void list_object::remove(call& c) {
  remove_first(c.args.take_one("list.remove"));
}

void list_object::remove_first(const frozen& given) {
  needle sought(given);
  frozen removed;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const search found = long_step([&] { return find(sought, 0, whole_list, false); });
    const auto place = first_equal(sought, found);
    if (!place) throw_missing(given, true);
    const bool done = step([&] {
      if (changes() != found.version) return false;
      removed = take_from(*place);
      return true;
    });
    if (done) return;
  }
  // By now the needle knows all items but those that changed meanwhile.
  long_step([&] {
    const auto place = first_equal(sought, find(sought, 0, whole_list, false));
    if (!place) throw_missing(given, true);
    removed = take_from(*place);
  });
}

void list_object::reverse(call& c) {
  c.args.take_none("list.reverse");
  long_step([this] {
    std::ranges::reverse(items_);
    changed();
  });
}

// A copy is sorted without the mutex, and taken if nobody has changed the list meanwhile.
void list_object::sort(call& c) {
  const sort_order order = sort_arguments(c.args);
  std::vector<frozen> sorted;
  std::uint64_t version = 0;
  const auto look = [&] {
    sorted.assign(items_.begin(), items_.end());
    version = changes();
  };
  const auto replace_unchanged = [&] {
    if (version != changes()) return false;
    std::ranges::move(sorted, items_.begin());
    changed();
    return true;
  };
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    long_step(look);
    sort_slots(sorted, order, c.args.room());
    if (long_step(replace_unchanged)) return;
  }
  long_step([&] {
    look();
    sort_slots(sorted, order, c.args.room());
    replace_unchanged();
  });
}

list_object::search list_object::find(const needle& sought, std::int64_t first, std::int64_t last,
                                      bool all) const {
  search found;
  found.version = changes();
  const std::size_t end = clamped_place(last, items_.size());
  for (std::size_t i = clamped_place(first, items_.size()); i < end; ++i) {
    const needle::answer answer = sought.compare_bytes(items_[i]);
    if (answer == needle::answer::unknown) found.unknown.emplace_back(i, items_[i]);
    if (answer != needle::answer::equal) continue;
    found.equal.push_back(i);
    if (!all) break;
  }
  return found;
}

std::optional<std::size_t> list_object::first_equal(needle& sought, const search& found) {
  for (const auto& [place, slot] : found.unknown) {
    if (sought.equals(slot)) return place;
  }
  if (found.equal.empty()) return std::nullopt;
  return found.equal.front();
}

void list_object::add_at(std::size_t place, frozen& item) {
  held_.add(*items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(place), std::move(item)));
  changed();
}

void list_object::assign(std::size_t place, frozen& item) {
  frozen& slot = items_[place];
  held_.remove(slot);
  held_.add(item);
  std::swap(slot, item);
  changed();
}

frozen list_object::take_from(std::size_t place) {
  frozen taken = std::move(items_[place]);
  held_.remove(taken);
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(place));
  changed();
  return taken;
}

// What allocates comes first: where there is no memory, nothing has changed.
void list_object::replace(std::size_t at, std::size_t count, std::vector<frozen> items,
                          std::vector<frozen>& dropped) {
  dropped.reserve(dropped.size() + count);
  const std::size_t common = std::min(count, items.size());
  const auto place = [this](std::size_t n) {
    return items_.begin() + static_cast<std::ptrdiff_t>(n);
  };
  if (items.size() > common) {
    const auto more = items.begin() + static_cast<std::ptrdiff_t>(common);
    const auto first = items_.insert(place(at + common), std::make_move_iterator(more),
                                     std::make_move_iterator(items.end()));
    std::for_each(first, place(at + items.size()), [this](const frozen& item) { held_.add(item); });
  }
  for (std::size_t i = 0; i < common; ++i) {
    assign(at + i, items[i]);
    dropped.push_back(std::move(items[i]));
  }
  if (count > common) {
    const auto last = place(at + count);
    for (auto i = place(at + common); i != last; ++i) {
      held_.remove(*i);
      dropped.push_back(std::move(*i));
    }
    items_.erase(place(at + common), last);
  }
  changed();
}

void list_object::delete_places(slice_range places, std::vector<frozen>& dropped) {
  if (places.count == 0) return;
  if (places.step < 0) {
    places.start += static_cast<std::int64_t>(places.count - 1) * places.step;
    places.step = -places.step;
  }
  const auto first = static_cast<std::size_t>(places.start);
  if (places.step == 1) return replace(first, places.count, {}, dropped);
  dropped.reserve(dropped.size() + places.count);
  std::size_t next = 0;
  std::size_t kept = first;
  for (std::size_t i = first; i < items_.size(); ++i) {
    if (next < places.count && i == places.place(next)) {
      held_.remove(items_[i]);
      dropped.push_back(std::move(items_[i]));
      ++next;
    } else {
      items_[kept++] = std::move(items_[i]);
    }
  }
  items_.resize(kept);
  changed();
}

std::shared_ptr<hosted> make_list(arguments& args) {
  if (!args.keywords().empty())
    throw python_error("TypeError", "list() takes no keyword arguments");
  const auto given = args.take_between("list", 0, 1);
  return std::make_shared<list_object>(given.empty() ? std::vector<frozen>()
                                                     : items_of(given.front()));
}

void host_list(registry& types, iterators) {
  types.host<list_object>("list", make_list, "ListProxy", {{"builtins", "list"}});
}

}  // namespace pickled::inline v0::detail
