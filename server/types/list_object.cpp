#include "server/types/list_object.hpp"

#include "frozen/freezer.hpp"
#include "python/compare.hpp"
#include "python/python_error.hpp"
#include "python/repr.hpp"
#include "server/python/sort.hpp"
#include "server/types/slots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>

namespace pickled {
namespace {

constexpr std::string_view not_an_index = "list indices must be integers or slices, not ";
constexpr int most_sort_attempts = 16;
constexpr std::string_view too_many = "cannot fit 'int' into an index-sized integer";

[[noreturn]] void throw_error(std::string_view type, std::string_view text) {
  throw python_error(type, text);
}

// What `list + argument` accepts: a list, and a proxy of one.
std::vector<frozen> list_argument(const frozen& argument) {
  const auto proxied = hosted_argument(argument);
  if (argument.kind() == kind::list || dynamic_cast<list_object*>(proxied.get()) != nullptr) {
    return items_of(argument);
  }
  const value v = thaw(argument);
  throw_error("TypeError",
              fmt::format("can only concatenate list (not \"{}\") to list", type_name(v)));
}

// The start and stop of list.index(): no None here.
std::int64_t bound_argument(const frozen& f) {
  if (const auto bound = index_of(f)) return bound->value;
  throw_error("TypeError", "slice indices must be integers or have an __index__ method");
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
      {"__add__", method<&list_object::add>, true},
      {"__contains__", method<&list_object::contains>, true},
      {"__delitem__", method<&list_object::delitem>},
      {"__getitem__", method<&list_object::getitem>},
      {"__imul__", method<&list_object::imul>, true},
      {"__len__", method<&list_object::len>},
      {"__mul__", method<&list_object::mul>, true},
      {"__reversed__", method<&list_object::reversed>, true},
      {"__rmul__", method<&list_object::rmul>, true},
      {"__setitem__", method<&list_object::setitem>},
      {"append", method<&list_object::append>},
      {"clear", method<&list_object::clear>, true},
      {"copy", method<&list_object::copy>, true},
      {"count", method<&list_object::count>, true},
      {"extend", method<&list_object::extend>},
      {"index", method<&list_object::index>, true},
      {"insert", method<&list_object::insert>},
      {"pop", method<&list_object::pop>},
      {"remove", method<&list_object::remove>, true},
      {"reverse", method<&list_object::reverse>, true},
      {"sort", method<&list_object::sort>, true},
  };
  return methods;
}

std::string list_object::repr(std::size_t limit) const {
  return repr_sequence("[", snapshot(), "]", limit);
}

void list_object::write_value(splicer& out) const {
  write_list(out, snapshot());
}

std::size_t list_object::weight() const noexcept {
  const std::lock_guard lock(mutex_);
  return held_.bytes();
}

void list_object::for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const {
  std::vector<frozen> with_proxies;
  {
    const std::lock_guard lock(mutex_);
    if (!held_.have_proxies()) return;
    std::ranges::copy_if(items_, std::back_inserter(with_proxies),
                         [](const frozen& item) { return !item.holes().empty(); });
  }
  visit_proxies(with_proxies, visit);
}

std::optional<std::vector<frozen>> list_object::items() const {
  return snapshot();
}

std::vector<frozen> list_object::snapshot() const {
  const std::lock_guard lock(mutex_);
  return {items_.begin(), items_.end()};
}

void list_object::add(call& c) {
  std::vector<frozen> more = list_argument(c.args.take_slot("__add__", 1).front());
  std::vector<frozen> result = snapshot();
  std::ranges::move(more, std::back_inserter(result));
  write_list(c.reply, result);
}

void list_object::contains(call& c) {
  needle sought(c.args.take_slot("__contains__", 1).front());
  search found;
  {
    const std::lock_guard lock(mutex_);
    found = find(sought, 0, std::numeric_limits<std::int64_t>::max(), false);
  }
  c.reply.boolean(first_equal(sought, found).has_value());
}

void list_object::delitem(call& c) {
  const subscript where(c.args.take_slot("__delitem__", 1).front(), not_an_index);
  std::vector<frozen> dropped;
  const std::lock_guard lock(mutex_);
  if (where.is_slice()) {
    delete_places(where.range(items_.size()), dropped);
  } else {
    replace(where.index(items_.size(), "list assignment index out of range"), 1, {}, dropped);
  }
}

void list_object::getitem(call& c) {
  const subscript where(c.args.take_one("list.__getitem__"), not_an_index);
  if (!where.is_slice()) {
    frozen item;
    {
      const std::lock_guard lock(mutex_);
      item = items_[where.index(items_.size(), "list index out of range")];
    }
    c.reply.frozen(item);
    return;
  }
  std::vector<frozen> part;
  {
    const std::lock_guard lock(mutex_);
    const slice_range places = where.range(items_.size());
    part.reserve(places.count);
    for (std::size_t i = 0; i < places.count; ++i)
      part.push_back(items_[places.place(i)]);
  }
  write_list(c.reply, part);
}

void list_object::imul(call& c) {
  const std::int64_t times =
      integer_argument(c.args.take_unnamed_slot("__imul__", 1).front(), too_many);
  std::vector<frozen> dropped;
  std::vector<frozen> result;
  {
    const std::lock_guard lock(mutex_);
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
  }
  write_list(c.reply, result);
}

void list_object::len(call& c) {
  c.args.take_slot("__len__", 0);
  const std::lock_guard lock(mutex_);
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
  frozen& item = given[1];
  const std::lock_guard lock(mutex_);
  frozen& slot = items_[where.index(items_.size(), "list assignment index out of range")];
  held_.remove(slot);
  held_.add(item);
  // The old value leaves with the arguments of the call.
  std::swap(slot, item);
  ++version_;
}

void list_object::set_slice(const subscript& where, const frozen& value) {
  auto items = iterable_items(value);
  if (!items) throw_error("TypeError", "must assign iterable to extended slice");
  std::vector<frozen> dropped;
  const std::lock_guard lock(mutex_);
  const slice_range places = where.range(items_.size());
  if (places.step == 1) {
    const auto first = static_cast<std::size_t>(places.start);
    replace(first, places.count, std::move(*items), dropped);
    return;
  }
  if (items->size() != places.count) {
    throw_error("ValueError",
                fmt::format("attempt to assign sequence of size {} to extended slice of size {}",
                            items->size(), places.count));
  }
  for (std::size_t i = 0; i < places.count; ++i) {
    frozen& slot = items_[places.place(i)];
    held_.remove(slot);
    held_.add((*items)[i]);
    std::swap(slot, (*items)[i]);
  }
  ++version_;
}

void list_object::append(call& c) {
  frozen& item = c.args.take_one("list.append");
  const std::lock_guard lock(mutex_);
  held_.add(item);
  items_.push_back(std::move(item));
  ++version_;
}

void list_object::clear(call& c) {
  c.args.take_none("list.clear");
  std::deque<frozen> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(items_);
  held_.clear();
  ++version_;
}

void list_object::copy(call& c) {
  c.args.take_none("list.copy");
  write_list(c.reply, snapshot());
}

void list_object::count(call& c) {
  needle sought(c.args.take_one("list.count"));
  search found;
  {
    const std::lock_guard lock(mutex_);
    found = find(sought, 0, std::numeric_limits<std::int64_t>::max(), true);
  }
  const auto more = std::ranges::count_if(
      found.unknown, [&](const auto& slot) { return sought.equals(slot.second); });
  c.reply.integer(static_cast<std::int64_t>(found.equal.size()) + more);
}

void list_object::extend(call& c) {
  std::vector<frozen> items = items_of(c.args.take_one("list.extend"));
  std::vector<frozen> dropped;
  const std::lock_guard lock(mutex_);
  replace(items_.size(), 0, std::move(items), dropped);
}

void list_object::index(call& c) {
  const auto given = c.args.take_between("list.index", 1, 3);
  needle sought(given[0]);
  const std::int64_t first = given.size() > 1 ? bound_argument(given[1]) : 0;
  const std::int64_t last =
      given.size() > 2 ? bound_argument(given[2]) : std::numeric_limits<std::int64_t>::max();
  search found;
  {
    const std::lock_guard lock(mutex_);
    found = find(sought, first, last, false);
  }
  if (const auto place = first_equal(sought, found)) {
    c.reply.integer(static_cast<std::int64_t>(*place));
    return;
  }
  throw_error("ValueError", pickled::repr(thaw(given[0])) + " is not in list");
}

void list_object::insert(call& c) {
  const auto given = c.args.take_between("list.insert", 2, 2);
  const std::int64_t where = integer_argument(given[0]);
  const std::lock_guard lock(mutex_);
  const std::size_t place = clamped_place(where, items_.size());
  held_.add(given[1]);
  items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(place), std::move(given[1]));
  ++version_;
}

void list_object::pop(call& c) {
  const auto given = c.args.take_between("list.pop", 0, 1);
  const std::int64_t where = given.empty() ? -1 : integer_argument(given[0]);
  std::vector<frozen> popped;
  {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) throw_error("IndexError", "pop from empty list");
    const auto place = place_of(where, items_.size());
    if (!place) throw_error("IndexError", "pop index out of range");
    replace(*place, 1, {}, popped);
  }
  c.reply.frozen(popped.front());
}

void list_object::remove(call& c) {
  needle sought(c.args.take_one("list.remove"));
  std::vector<frozen> dropped;
  while (true) {
    search found;
    {
      const std::lock_guard lock(mutex_);
      found = find(sought, 0, std::numeric_limits<std::int64_t>::max(), false);
      if (found.unknown.empty() && !found.equal.empty()) {
        return replace(found.equal.front(), 1, {}, dropped);
      }
    }
    const auto place = first_equal(sought, found);
    if (!place) throw_error("ValueError", "list.remove(x): x not in list");
    const std::lock_guard lock(mutex_);
    if (version_ == found.version) return replace(*place, 1, {}, dropped);
  }
}

void list_object::reverse(call& c) {
  c.args.take_none("list.reverse");
  const std::lock_guard lock(mutex_);
  std::ranges::reverse(items_);
  ++version_;
}

// Sorted outside the mutex; somebody else's change meanwhile starts it again, a few times.
void list_object::sort(call& c) {
  const sort_order order = sort_arguments(c.args);
  std::vector<frozen> sorted;
  for (int attempt = 0; attempt < most_sort_attempts; ++attempt) {
    std::uint64_t version = 0;
    {
      const std::lock_guard lock(mutex_);
      sorted.assign(items_.begin(), items_.end());
      version = version_;
    }
    sort_slots(sorted, order);
    const std::lock_guard lock(mutex_);
    if (version != version_) continue;
    std::ranges::move(sorted, items_.begin());
    ++version_;
    return;
  }
  throw_error("ValueError", "list modified during sort");
}

list_object::search list_object::find(const needle& sought, std::int64_t first, std::int64_t last,
                                      bool all) const {
  search found;
  found.version = version_;
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

void list_object::replace(std::size_t at, std::size_t count, std::vector<frozen> items,
                          std::vector<frozen>& dropped) {
  for (const frozen& item : items)
    held_.add(item);
  const auto first = items_.begin() + static_cast<std::ptrdiff_t>(at);
  const auto last = first + static_cast<std::ptrdiff_t>(count);
  for (auto i = first; i != last; ++i)
    held_.remove(*i);
  dropped.insert(dropped.end(), std::make_move_iterator(first), std::make_move_iterator(last));
  const std::size_t common = std::min(count, items.size());
  const auto middle = items.begin() + static_cast<std::ptrdiff_t>(common);
  const auto rest = std::move(items.begin(), middle, first);
  if (count > common) {
    items_.erase(rest, last);
  } else {
    items_.insert(rest, std::make_move_iterator(middle), std::make_move_iterator(items.end()));
  }
  ++version_;
}

void list_object::delete_places(slice_range places, std::vector<frozen>& dropped) {
  if (places.count == 0) return;
  if (places.step < 0) {
    places.start += static_cast<std::int64_t>(places.count - 1) * places.step;
    places.step = -places.step;
  }
  const auto first = static_cast<std::size_t>(places.start);
  if (places.step == 1) return replace(first, places.count, {}, dropped);
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
  ++version_;
}

std::shared_ptr<hosted> make_list(arguments& args) {
  if (!args.keywords().empty()) throw_error("TypeError", "list() takes no keyword arguments");
  const auto given = args.take_between("list", 0, 1);
  return std::make_shared<list_object>(given.empty() ? std::vector<frozen>()
                                                     : items_of(given.front()));
}

}  // namespace pickled
