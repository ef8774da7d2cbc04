// SPDX-License-Identifier: BSL-1.0

// Python's bytearray, as a manager hosts it: what changes it, and what looks for bytes in it. The
// rest of its methods make text or new bytes of it, which clients can do with a copy.

#include "frozen/freezer.hpp"
#include "frozen/memory_in_use.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "server/python/subscript.hpp"
#include "server/registry.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"
#include "server/types/slots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pickled {
namespace {

using bytes_vector = std::vector<std::byte>;

constexpr std::string_view not_an_index_or_slice =
    "bytearray indices must be integers or slices, not ";

std::string class_of(const frozen& f) {
  return std::string(type_name(thaw(f)));
}

std::byte byte_argument(const frozen& f) {
  const auto number = index_of(f);
  if (!number)
    throw python_error("TypeError",
                       fmt::format("'{}' object cannot be interpreted as an integer", class_of(f)));
  if (!number->fits || number->value < 0 || number->value > 255)
    throw python_error("ValueError", "byte must be in range(0, 256)");
  return static_cast<std::byte>(number->value);
}

class bytearray_object final : public hosted {
 public:
  explicit bytearray_object(bytes_vector content) : content_(std::move(content)) { resized(); }

  static std::span<const method_entry> table() noexcept {
    static constexpr method_entry methods[] = {
        {"__contains__", method<&bytearray_object::contains>, needs::whole | needs::arguments},
        {"__delitem__", method<&bytearray_object::delitem>, needs::slices},
        {"__getitem__", method<&bytearray_object::getitem>, needs::slices},
        {"__iter__", method<&bytearray_object::iter>, needs::whole},
        {"__len__", method<&bytearray_object::len>, needs::little},
        {"__setitem__", method<&bytearray_object::setitem>,
         needs::memory | needs::slices | needs::arguments},
        {"append", method<&bytearray_object::append>, needs::memory},
        {"clear", method<&bytearray_object::clear>, needs::whole},
        {"copy", method<&bytearray_object::copy>, needs::whole},
        {"count", method<&bytearray_object::count>, needs::whole | needs::arguments},
        {"endswith", method<&bytearray_object::endswith>, needs::whole | needs::arguments},
        {"extend", method<&bytearray_object::extend>, needs::memory | needs::arguments},
        {"find", method<&bytearray_object::find>, needs::whole | needs::arguments},
        {"hex", method<&bytearray_object::hex>, needs::whole},
        {"index", method<&bytearray_object::index>, needs::whole | needs::arguments},
        {"insert", method<&bytearray_object::insert>, needs::memory},
        {"pop", method<&bytearray_object::pop>, needs::little},
        {"remove", method<&bytearray_object::remove>, needs::whole},
        {"reverse", method<&bytearray_object::reverse>, needs::whole},
        {"rfind", method<&bytearray_object::rfind>, needs::whole | needs::arguments},
        {"rindex", method<&bytearray_object::rindex>, needs::whole | needs::arguments},
        {"startswith", method<&bytearray_object::startswith>, needs::whole | needs::arguments},
    };
    return methods;
  }

  std::span<const method_entry> methods() const noexcept override { return table(); }

  std::string repr(std::size_t limit) const override {
    const bytes_vector bytes = snapshot(limit);
    return fmt::format("bytearray({})", repr_of(frozen::bytes(bytes), limit));
  }
  void write_value(splicer& out) const override { write(out, snapshot()); }
  std::size_t weight() const noexcept override { return weight_.load(std::memory_order_relaxed); }

  std::optional<std::vector<frozen>> items() const override {
    std::vector<frozen> numbers;
    for (const std::byte b : snapshot())
      numbers.push_back(frozen::integer(std::to_integer<int>(b)));
    return numbers;
  }

  bytes_vector snapshot(std::size_t most = std::numeric_limits<std::size_t>::max()) const {
    return long_step([&] {
      const auto end =
          content_.begin() + static_cast<std::ptrdiff_t>(std::min(most, content_.size()));
      return bytes_vector(content_.begin(), end);
    });
  }

 private:
  static void write(splicer& out, bytes_view content) {
    out.global("builtins", "bytearray").begin_tuple().bytes(content).end_tuple().reduce();
  }

  // Under the mutex.
  void resized() noexcept {
    memory_.set(content_.capacity());
    weight_.store(content_.size(), std::memory_order_relaxed);
    changed();
  }
  auto at(std::size_t place) noexcept {
    return content_.begin() + static_cast<std::ptrdiff_t>(place);
  }

  void contains(call& c) {
    const bytes_vector sought = sought_bytes(c.args.take_slot("__contains__", 1).front(), false);
    c.reply.boolean(long_step([&] {
      return std::search(content_.begin(), content_.end(), sought.begin(), sought.end()) !=
                 content_.end() ||
             sought.empty();
    }));
  }

  void getitem(call& c) {
    const subscript where(c.args.take_slot("__getitem__", 1).front(), not_an_index_or_slice);
    if (!where.is_slice()) {
      const std::byte item = step(
          [&] { return content_[where.index(content_.size(), "bytearray index out of range")]; });
      c.reply.integer(std::to_integer<int>(item));
      return;
    }
    write(c.reply, long_step([&] {
            const slice_range places = where.range(content_.size());
            bytes_vector part(places.count);
            for (std::size_t i = 0; i < places.count; ++i)
              part[i] = content_[places.place(i)];
            return part;
          }));
  }

  void setitem(call& c) {
    const auto given = c.args.take_unnamed_slot("__setitem__", 2);
    const subscript where(given[0], not_an_index_or_slice);
    if (!where.is_slice()) {
      const std::byte item = byte_argument(given[1]);
      step([&] {
        content_[where.index(content_.size(), "bytearray index out of range")] = item;
        changed();
      });
      return;
    }
    const bytes_vector items = assigned_bytes(given[1]);
    long_step([&] { assign(where.range(content_.size()), items); });
  }

  void assign(const slice_range& places, const bytes_vector& items) {
    if (places.step == 1) {
      replace(static_cast<std::size_t>(places.start), places.count, items);
    } else if (items.empty()) {
      delete_places(places);
    } else if (items.size() != places.count) {
      throw python_error(
          "ValueError",
          fmt::format("attempt to assign bytes of size {} to extended slice of size {}",
                      items.size(), places.count));
    } else {
      for (std::size_t i = 0; i < places.count; ++i)
        content_[places.place(i)] = items[i];
      changed();
    }
  }

  void replace(std::size_t first, std::size_t count, const bytes_vector& items) {
    if (items.size() > count)
      content_.insert(at(first + count), items.size() - count, std::byte{});
    else
      content_.erase(at(first + items.size()), at(first + count));
    std::ranges::copy(items, at(first));
    resized();
  }

  void delete_places(slice_range places) {
    std::vector<bool> deleted(content_.size());
    for (std::size_t i = 0; i < places.count; ++i)
      deleted[places.place(i)] = true;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < content_.size(); ++i)
      if (!deleted[i]) content_[kept++] = content_[i];
    content_.resize(kept);
    resized();
  }

  void delitem(call& c) {
    const subscript where(c.args.take_slot("__delitem__", 1).front(), not_an_index_or_slice);
    long_step([&] {
      if (where.is_slice()) return delete_places(where.range(content_.size()));
      content_.erase(at(where.index(content_.size(), "bytearray index out of range")));
      resized();
    });
  }

  void iter(call& c) {
    c.args.take_slot("__iter__", 0);
    write_iterator(c.reply, *items());
  }

  void len(call& c) {
    c.args.take_slot("__len__", 0);
    c.reply.integer(static_cast<std::int64_t>(content_.size()));
  }

  void append(call& c) {
    content_.push_back(byte_argument(c.args.take_one("bytearray.append")));
    resized();
  }

  void clear(call& c) {
    c.args.take_none("bytearray.clear");
    bytes_vector dropped;
    step([&] {
      dropped.swap(content_);
      resized();
    });
  }

  void copy(call& c) {
    c.args.take_none("bytearray.copy");
    write_value(c.reply);
  }

  void extend(call& c) {
    const frozen& given = c.args.take_one("bytearray.extend");
    bytes_vector more;
    if (auto bytes = bytes_of(given)) {
      more = *std::move(bytes);
    } else if (given.kind() == kind::str) {
      throw python_error("TypeError", "expected iterable of integers; got: 'str'");
    } else {
      const auto numbers = iterable_items(given);
      if (!numbers)
        throw python_error("TypeError",
                           fmt::format("can't extend bytearray with {}", class_of(given)));
      for (const frozen& number : *numbers)
        more.push_back(byte_argument(number));
    }
    long_step([&] { replace(content_.size(), 0, more); });
  }

  void hex(call& c) {
    c.args.take_none("bytearray.hex");
    std::string text;
    for (const std::byte b : snapshot())
      fmt::format_to(std::back_inserter(text), "{:02x}", std::to_integer<int>(b));
    c.reply.str(text);
  }

  void insert(call& c) {
    const auto given = c.args.take_between("bytearray.insert", 2, 2);
    const std::int64_t where = integer_argument(given[0]);
    const std::byte item = byte_argument(given[1]);
    content_.insert(at(clamped_place(where, content_.size())), item);
    resized();
  }

  void pop(call& c) {
    const auto given = c.args.take_between("bytearray.pop", 0, 1);
    const std::int64_t where = given.empty() ? -1 : integer_argument(given[0]);
    if (content_.empty()) throw python_error("IndexError", "pop from empty bytearray");
    const auto place = place_of(where, content_.size());
    if (!place) throw python_error("IndexError", "pop index out of range");
    c.reply.integer(std::to_integer<int>(content_[*place]));
    content_.erase(at(*place));
    resized();
  }

  void remove(call& c) {
    const std::byte item = byte_argument(c.args.take_one("bytearray.remove"));
    long_step([&] {
      const auto found = std::ranges::find(content_, item);
      if (found == content_.end()) throw python_error("ValueError", "value not found in bytearray");
      content_.erase(found);
      resized();
    });
  }

  void reverse(call& c) {
    c.args.take_none("bytearray.reverse");
    long_step([&] {
      std::ranges::reverse(content_);
      changed();
    });
  }

  // Searches: (sub, start=0, end=…).

  static std::optional<bytes_vector> bytes_of(const frozen& f) {
    if (const auto bytes = f.as_bytes()) return bytes_vector(bytes->begin(), bytes->end());
    if (f.kind() == kind::bytes || f.kind() == kind::bytearray) {
      const value thawed = thaw(f);
      const bytes_view bytes = thawed->as_bytes();
      return bytes_vector(bytes.begin(), bytes.end());
    }
    const auto proxied = hosted_argument(f);
    if (const auto* other = dynamic_cast<const bytearray_object*>(proxied.get()))
      return other->snapshot();
    return std::nullopt;
  }

  static bytes_vector assigned_bytes(const frozen& f) {
    if (auto bytes = bytes_of(f)) return *std::move(bytes);
    const bool is_wrong = f.kind() == kind::str || index_of(f).has_value();
    const auto numbers = is_wrong ? std::nullopt : iterable_items(f);
    if (!numbers)
      throw python_error("TypeError",
                         "can assign only bytes, buffers, or iterables of ints in range(0, 256)");
    bytes_vector result;
    for (const frozen& number : *numbers)
      result.push_back(byte_argument(number));
    return result;
  }

  // `in` and the searches word it differently.
  static bytes_vector sought_bytes(const frozen& f, bool searching) {
    if (auto bytes = bytes_of(f)) return *std::move(bytes);
    if (index_of(f)) return {byte_argument(f)};
    if (searching)
      throw python_error(
          "TypeError",
          fmt::format("argument should be integer or bytes-like object, not '{}'", class_of(f)));
    throw python_error("TypeError",
                       fmt::format("a bytes-like object is required, not '{}'", class_of(f)));
  }

  struct bounds {
    std::int64_t first = 0;
    std::int64_t last = std::numeric_limits<std::int64_t>::max();
  };
  static bounds bounds_of(std::span<const frozen> given) {
    const auto bound = [&](std::size_t i, std::int64_t otherwise) {
      if (given.size() <= i || given[i].is_none()) return otherwise;
      if (const auto found = index_of(given[i])) return found->value;
      throw python_error("TypeError",
                         "slice indices must be integers or None or have an __index__ method");
    };
    bounds result;
    result.first = bound(1, result.first);
    result.last = bound(2, result.last);
    return result;
  }

  // Runs `look` on the part between the bounds, and on where it begins; on nothing where they are
  // the wrong way round, or begin behind the end.
  template <class Look>
  auto within(const bounds& where, Look look) const {
    return long_step([&] {
      const std::size_t size = content_.size();
      const std::size_t last = clamped_place(where.last, size);
      const bool behind = where.first > static_cast<std::int64_t>(size);
      const std::size_t first = clamped_place(where.first, size);
      if (behind || first > last) return look(std::optional<bytes_view>(), first);
      return look(std::optional(bytes_view(content_).subspan(first, last - first)), first);
    });
  }

  std::optional<std::int64_t> place_of_bytes(std::span<const frozen> given, bool from_right) const {
    const bytes_vector sought = sought_bytes(given[0], true);
    return within(
        bounds_of(given),
        [&](const std::optional<bytes_view>& part,
            std::size_t first) -> std::optional<std::int64_t> {
          if (!part) return std::nullopt;
          if (sought.empty())
            return static_cast<std::int64_t>(first + (from_right ? part->size() : 0));
          const auto found =
              from_right ? std::find_end(part->begin(), part->end(), sought.begin(), sought.end())
                         : std::search(part->begin(), part->end(), sought.begin(), sought.end());
          if (found == part->end()) return std::nullopt;
          return static_cast<std::int64_t>(first) + (found - part->begin());
        });
  }

  void find(call& c) { reply_place(c, "bytearray.find", false, false); }
  void rfind(call& c) { reply_place(c, "bytearray.rfind", true, false); }
  void index(call& c) { reply_place(c, "bytearray.index", false, true); }
  void rindex(call& c) { reply_place(c, "bytearray.rindex", true, true); }

  void reply_place(call& c, std::string_view name, bool from_right, bool must_be) {
    const auto place = place_of_bytes(c.args.take_between(name, 1, 3), from_right);
    if (!place && must_be) throw python_error("ValueError", "subsection not found");
    c.reply.integer(place.value_or(-1));
  }

  void count(call& c) {
    const auto given = c.args.take_between("bytearray.count", 1, 3);
    const bytes_vector sought = sought_bytes(given[0], true);
    c.reply.integer(within(
        bounds_of(given), [&](const std::optional<bytes_view>& part, std::size_t) -> std::int64_t {
          if (!part) return 0;
          if (sought.empty()) return static_cast<std::int64_t>(part->size()) + 1;
          std::int64_t found = 0;
          for (auto from = part->begin();; from += static_cast<std::ptrdiff_t>(sought.size())) {
            from = std::search(from, part->end(), sought.begin(), sought.end());
            if (from == part->end()) return found;
            ++found;
          }
        }));
  }

  void startswith(call& c) { reply_affix(c, "bytearray.startswith", false); }
  void endswith(call& c) { reply_affix(c, "bytearray.endswith", true); }

  void reply_affix(call& c, std::string_view name, bool at_end) {
    const auto given = c.args.take_between(name, 1, 3);
    std::vector<bytes_vector> affixes;
    const auto add = [&](const frozen& f) {
      auto bytes = bytes_of(f);
      if (!bytes)
        throw python_error("TypeError",
                           fmt::format("{} first arg must be bytes or a tuple of bytes, not {}",
                                       name.substr(name.rfind('.') + 1), class_of(f)));
      affixes.push_back(*std::move(bytes));
    };
    if (given[0].kind() == kind::tuple)
      std::ranges::for_each(items_of(given[0]), add);
    else
      add(given[0]);
    c.reply.boolean(
        within(bounds_of(given), [&](const std::optional<bytes_view>& part, std::size_t) {
          return part && std::ranges::any_of(affixes, [&](const bytes_vector& affix) {
                   if (affix.size() > part->size()) return false;
                   const bytes_view there =
                       at_end ? part->last(affix.size()) : part->first(affix.size());
                   return std::ranges::equal(there, affix);
                 });
        }));
  }

  friend std::shared_ptr<hosted> make_bytearray(arguments& args);

  bytes_vector content_;
  memory_share memory_;
  std::atomic<std::size_t> weight_{0};
};

// bytearray(), bytearray(size), bytearray(bytes), bytearray(iterable of ints), bytearray(text,
// 'utf-8').
std::shared_ptr<hosted> make_bytearray(arguments& args) {
  const auto [source, encoding, errors] =
      args.bind<3>("bytearray", {"source", "encoding", "errors"}, 0);
  if (source == nullptr) return std::make_shared<bytearray_object>(bytes_vector());
  if (source->kind() == kind::str && encoding != nullptr) {
    if (encoding->as_str() != "utf-8" && encoding->as_str() != "utf8")
      throw python_error("NotImplementedError", "this server encodes text as utf-8 only");
    const value text = thaw(*source);
    const auto bytes = std::as_bytes(std::span(text->as_str()));
    return std::make_shared<bytearray_object>(bytes_vector(bytes.begin(), bytes.end()));
  }
  if (encoding != nullptr) throw python_error("TypeError", "encoding without a string argument");
  if (const auto size = index_of(*source)) {
    if (size->value < 0) throw python_error("ValueError", "negative count");
    if (!size->fits || static_cast<std::uint64_t>(size->value) > args.room())
      throw python_error("MemoryError");
    return std::make_shared<bytearray_object>(bytes_vector(static_cast<std::size_t>(size->value)));
  }
  if (source->kind() == kind::str)
    throw python_error("TypeError", "string argument without an encoding");
  if (!bytearray_object::bytes_of(*source) && !iterable_items(*source))
    throw python_error("TypeError",
                       fmt::format("cannot convert '{}' object to bytearray", class_of(*source)));
  return std::make_shared<bytearray_object>(bytearray_object::assigned_bytes(*source));
}

}  // namespace

void host_bytearray(registry& types, iterators) {
  types.host<bytearray_object>("bytearray", make_bytearray, "AutoProxy",
                               {{"builtins", "bytearray"}});
}

}  // namespace pickled
