// SPDX-License-Identifier: BSL-1.0

// Python's bytearray, as a manager hosts it.

#include "frozen/freezer.hpp"
#include "frozen/memory_in_use.hpp"
#include "frozen/thaw.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/python/repr.hpp"
#include "pickled/python/type_name.hpp"
#include "python/behaviour.hpp"
#include "python/raw_array.hpp"
#include "server/python/subscript.hpp"
#include "server/python/truth.hpp"
#include "server/registry.hpp"
#include "server/types/bytes_methods.hpp"
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

namespace pickled::inline v0::detail {
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

// What the buffer protocol gives of an instance: an array, or one of a subclass of bytes.
std::optional<bytes_vector> buffer_of(value_view v) {
  const auto copied = [](bytes_view bytes) { return bytes_vector(bytes.begin(), bytes.end()); };
  const face f = face_of(v);
  if (f.behaves == behaviour::bytes) return copied(f.value.as_bytes());
  if (f.behaves == behaviour::array) {
    const value_view content = f.value.as_instance().args.as_items().back();
    return content.is(kind::bytes) ? std::optional(copied(content.as_bytes())) : std::nullopt;
  }
  const auto array = read_raw_array(v);
  return array && !array->holds_objects ? std::optional(array->bytes()) : std::nullopt;
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
        {"capitalize", method<&bytearray_object::changed_text<&bytes_methods::capitalize>>,
         needs::whole},
        {"center", method<&bytearray_object::center>,
         needs::whole | needs::arguments | needs::unbounded},
        {"clear", method<&bytearray_object::clear>, needs::whole},
        {"copy", method<&bytearray_object::copy>, needs::whole},
        {"count", method<&bytearray_object::count>, needs::whole | needs::arguments},
        {"decode", method<&bytearray_object::decode>, needs::whole | needs::arguments},
        {"endswith", method<&bytearray_object::endswith>, needs::whole | needs::arguments},
        {"expandtabs", method<&bytearray_object::expandtabs>,
         needs::whole | needs::arguments | needs::unbounded},
        {"extend", method<&bytearray_object::extend>, needs::memory | needs::arguments},
        {"find", method<&bytearray_object::find>, needs::whole | needs::arguments},
        {"fromhex", method<&bytearray_object::fromhex>, needs::whole | needs::arguments},
        {"hex", method<&bytearray_object::hex>, needs::whole},
        {"index", method<&bytearray_object::index>, needs::whole | needs::arguments},
        {"insert", method<&bytearray_object::insert>, needs::memory},
        {"isalnum", method<&bytearray_object::tested<&bytes_methods::isalnum>>, needs::whole},
        {"isalpha", method<&bytearray_object::tested<&bytes_methods::isalpha>>, needs::whole},
        {"isascii", method<&bytearray_object::tested<&bytes_methods::isascii>>, needs::whole},
        {"isdigit", method<&bytearray_object::tested<&bytes_methods::isdigit>>, needs::whole},
        {"islower", method<&bytearray_object::tested<&bytes_methods::islower>>, needs::whole},
        {"isspace", method<&bytearray_object::tested<&bytes_methods::isspace>>, needs::whole},
        {"istitle", method<&bytearray_object::tested<&bytes_methods::istitle>>, needs::whole},
        {"isupper", method<&bytearray_object::tested<&bytes_methods::isupper>>, needs::whole},
        {"join", method<&bytearray_object::join>, needs::whole | needs::arguments},
        {"ljust", method<&bytearray_object::ljust>,
         needs::whole | needs::arguments | needs::unbounded},
        {"lower", method<&bytearray_object::changed_text<&bytes_methods::lower>>, needs::whole},
        {"lstrip", method<&bytearray_object::lstrip>, needs::whole | needs::arguments},
        {"maketrans", method<&bytearray_object::maketrans>, needs::whole | needs::arguments},
        {"partition", method<&bytearray_object::partition>, needs::whole | needs::arguments},
        {"pop", method<&bytearray_object::pop>, needs::little},
        {"remove", method<&bytearray_object::remove>, needs::whole},
        {"removeprefix", method<&bytearray_object::removeprefix>, needs::whole | needs::arguments},
        {"removesuffix", method<&bytearray_object::removesuffix>, needs::whole | needs::arguments},
        {"replace", method<&bytearray_object::replace>,
         needs::whole | needs::arguments | needs::unbounded},
        {"resize", method<&bytearray_object::resize>, needs::memory | needs::unbounded},
        {"reverse", method<&bytearray_object::reverse>, needs::whole},
        {"rfind", method<&bytearray_object::rfind>, needs::whole | needs::arguments},
        {"rindex", method<&bytearray_object::rindex>, needs::whole | needs::arguments},
        {"rjust", method<&bytearray_object::rjust>,
         needs::whole | needs::arguments | needs::unbounded},
        {"rpartition", method<&bytearray_object::rpartition>, needs::whole | needs::arguments},
        {"rsplit", method<&bytearray_object::rsplit>, needs::whole | needs::arguments},
        {"rstrip", method<&bytearray_object::rstrip>, needs::whole | needs::arguments},
        {"split", method<&bytearray_object::split>, needs::whole | needs::arguments},
        {"splitlines", method<&bytearray_object::splitlines>, needs::whole | needs::arguments},
        {"startswith", method<&bytearray_object::startswith>, needs::whole | needs::arguments},
        {"strip", method<&bytearray_object::strip>, needs::whole | needs::arguments},
        {"swapcase", method<&bytearray_object::changed_text<&bytes_methods::swapcase>>,
         needs::whole},
        {"title", method<&bytearray_object::changed_text<&bytes_methods::title>>, needs::whole},
        {"translate", method<&bytearray_object::translate>, needs::whole | needs::arguments},
        {"upper", method<&bytearray_object::changed_text<&bytes_methods::upper>>, needs::whole},
        {"zfill", method<&bytearray_object::zfill>,
         needs::whole | needs::arguments | needs::unbounded},
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
      replace_places(static_cast<std::size_t>(places.start), places.count, items);
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

  void replace_places(std::size_t first, std::size_t count, const bytes_vector& items) {
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
    long_step([&] { replace_places(content_.size(), 0, more); });
  }

  void hex(call& c) {
    const auto [sep, bytes_per_sep] = c.args.bind<2>("hex", {"sep", "bytes_per_sep"}, 0);
    const std::string separator = sep == nullptr ? "" : separator_of(*sep);
    const std::int64_t group = bytes_per_sep == nullptr ? 1 : integer_argument(*bytes_per_sep);
    const auto every = static_cast<std::size_t>(group < 0 ? -group : group);
    const bytes_vector content = snapshot();
    std::string text;
    for (std::size_t i = 0; i != content.size(); ++i) {
      // Groups are counted from the right, by a negative number from the left.
      const std::size_t place = group < 0 ? i : content.size() - i;
      if (i != 0 && every != 0 && place % every == 0) text += separator;
      fmt::format_to(std::back_inserter(text), "{:02x}", std::to_integer<int>(content[i]));
    }
    c.reply.str(text);
  }

  static std::string separator_of(const frozen& f) {
    const auto bytes = bytes_of(f);
    const value v = thaw(f);
    std::string text;
    if (bytes)
      text = as_text(*bytes);
    else if (v->is(kind::str))
      text = v->as_str();
    else
      throw python_error("TypeError",
                         fmt::format("object of type '{}' has no len()", type_name(v)));
    if (text.size() != 1) throw python_error("ValueError", "sep must be length 1.");
    return text;
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

  // Those that return something new, and leave it as it is.

  std::string text() const { return std::string(as_text(snapshot())); }
  static void write(splicer& out, std::string_view text) { write(out, as_bytes(text)); }
  static std::string text_argument(const frozen& f) {
    if (const auto bytes = bytes_of(f)) return std::string(as_text(*bytes));
    throw python_error("TypeError",
                       fmt::format("a bytes-like object is required, not '{}'", class_of(f)));
  }
  static void write_list(splicer& out, const bytes_methods::texts& texts) {
    out.begin_list();
    for (const std::string& text : texts)
      write(out, text);
    out.end_list();
  }

  template <std::string (*Change)(std::string_view)>
  void changed_text(call& c) {
    c.args.take_between("bytearray method", 0, 0);
    write(c.reply, Change(text()));
  }
  template <bool (*Is)(std::string_view)>
  void tested(call& c) {
    c.args.take_between("bytearray method", 0, 0);
    c.reply.boolean(Is(text()));
  }

  void justify(call& c, std::string_view name, bytes_methods::side where) {
    const auto given = c.args.take_between(name, 1, 2);
    const std::int64_t width = integer_argument(given[0]);
    std::string fill = " ";
    if (given.size() > 1) {
      fill = as_text(bytes_of(given[1]).value_or(bytes_vector()));
      if (fill.size() != 1)
        throw python_error("TypeError",
                           fmt::format("{}() argument 2 must be a byte string of length 1, not {}",
                                       name, class_of(given[1])));
    }
    write(c.reply, bytes_methods::justify(text(), checked_width(c, width), fill.front(), where));
  }
  static std::size_t checked_width(call& c, std::int64_t width) {
    const auto size = static_cast<std::size_t>(std::max<std::int64_t>(width, 0));
    c.check_memory(size, 1);
    return size;
  }
  void center(call& c) { justify(c, "center", bytes_methods::side::both); }
  void ljust(call& c) { justify(c, "ljust", bytes_methods::side::right); }
  void rjust(call& c) { justify(c, "rjust", bytes_methods::side::left); }
  void zfill(call& c) {
    const std::int64_t width = integer_argument(c.args.take_one("bytearray.zfill"));
    write(c.reply, bytes_methods::zfill(text(), checked_width(c, width)));
  }

  void strip_sides(call& c, std::string_view name, bytes_methods::side where) {
    const auto given = c.args.take_between(name, 0, 1);
    std::optional<std::string> characters;
    if (!given.empty() && !given[0].is_none()) characters = text_argument(given[0]);
    write(c.reply, bytes_methods::strip(text(), characters, where));
  }
  void strip(call& c) { strip_sides(c, "strip", bytes_methods::side::both); }
  void lstrip(call& c) { strip_sides(c, "lstrip", bytes_methods::side::left); }
  void rstrip(call& c) { strip_sides(c, "rstrip", bytes_methods::side::right); }

  void decode(call& c) {
    const auto [encoding, errors] = c.args.bind<2>("decode", {"encoding", "errors"}, 0);
    if (errors != nullptr && errors->as_str() != "strict")
      throw python_error("NotImplementedError", "this server decodes strictly only");
    const auto name = encoding == nullptr ? "utf-8" : encoding->as_str();
    if (!name)
      throw python_error(
          "TypeError",
          fmt::format("decode() argument 'encoding' must be str, not {}", class_of(*encoding)));
    c.reply.str(bytes_methods::decode(text(), *name));
  }

  void expandtabs(call& c) {
    const auto [given] = c.args.bind<1>("expandtabs", {"tabsize"}, 0);
    const std::int64_t size = given == nullptr ? 8 : integer_argument(*given);
    const std::string s = text();
    const auto tabs = static_cast<std::size_t>(std::ranges::count(s, '\t'));
    if (tabs != 0) c.check_memory(checked_width(c, size), tabs);
    write(c.reply, bytes_methods::expandtabs(s, size));
  }

  void fromhex(call& c) {
    const frozen& given = c.args.take_one("bytearray.fromhex");
    const value v = thaw(given);
    if (!v->is(kind::str))
      throw python_error("TypeError",
                         fmt::format("fromhex() argument must be str, not {}", type_name(v)));
    const std::string_view hex = v->as_str();
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result;
    const auto digit = [&](std::size_t i) {
      const char low = i < hex.size() ? bytes_methods::lower(hex.substr(i, 1)).front() : ' ';
      const std::size_t found = digits.find(low);
      if (found == digits.npos)
        throw python_error(
            "ValueError",
            fmt::format("non-hexadecimal number found in fromhex() arg at position {}", i));
      return found;
    };
    for (std::size_t i = 0; i < hex.size();) {
      if (bytes_methods::isspace(hex.substr(i, 1))) {
        ++i;
        continue;
      }
      result += static_cast<char>(digit(i) * 16 + digit(i + 1));
      i += 2;
    }
    write(c.reply, result);
  }

  void join(call& c) {
    const frozen& given = c.args.take_one("bytearray.join");
    const auto parts = iterable_items(given);
    if (!parts) throw python_error("TypeError", "can only join an iterable");
    const std::string separator = text();
    std::string result;
    for (std::size_t i = 0; i != parts->size(); ++i) {
      const auto bytes = bytes_of((*parts)[i]);
      if (!bytes)
        throw python_error(
            "TypeError", fmt::format("sequence item {}: expected a bytes-like object, {} found", i,
                                     class_of((*parts)[i])));
      if (i != 0) result += separator;
      result += as_text(*bytes);
      c.check_memory(result.size(), 1);
    }
    write(c.reply, result);
  }

  void maketrans(call& c) {
    const auto given = c.args.take_between("maketrans", 2, 2);
    const std::string from = text_argument(given[0]);
    const std::string to = text_argument(given[1]);
    if (from.size() != to.size())
      throw python_error("ValueError", "maketrans arguments must have same length");
    bytes_vector table(256);
    for (std::size_t i = 0; i != table.size(); ++i)
      table[i] = static_cast<std::byte>(i);
    for (std::size_t i = 0; i != from.size(); ++i)
      table[static_cast<unsigned char>(from[i])] = static_cast<std::byte>(to[i]);
    c.reply.bytes(table);
  }

  void translate(call& c) {
    const auto [table, deleted] = c.args.bind<2>("translate", {"table", "delete"}, 1);
    const std::string drop = deleted == nullptr ? "" : text_argument(*deleted);
    const std::string by = table->is_none() ? "" : text_argument(*table);
    if (!table->is_none() && by.size() != 256)
      throw python_error("ValueError", "translation table must be 256 characters long");
    std::string result;
    for (const char b : text())
      if (drop.find(b) == drop.npos) result += by.empty() ? b : by[static_cast<unsigned char>(b)];
    write(c.reply, result);
  }

  void partition_at(call& c, std::string_view name, bool from_right) {
    const std::string separator = text_argument(c.args.take_one(name));
    c.reply.begin_tuple();
    for (const std::string& part : bytes_methods::partition(text(), separator, from_right))
      write(c.reply, part);
    c.reply.end_tuple();
  }
  void partition(call& c) { partition_at(c, "bytearray.partition", false); }
  void rpartition(call& c) { partition_at(c, "bytearray.rpartition", true); }

  void removeprefix(call& c) {
    const std::string prefix = text_argument(c.args.take_one("bytearray.removeprefix"));
    const std::string s = text();
    write(c.reply, s.starts_with(prefix) ? s.substr(prefix.size()) : s);
  }
  void removesuffix(call& c) {
    const std::string suffix = text_argument(c.args.take_one("bytearray.removesuffix"));
    const std::string s = text();
    write(c.reply, s.ends_with(suffix) ? s.substr(0, s.size() - suffix.size()) : s);
  }

  void replace(call& c) {
    const auto given = c.args.take_between("replace", 2, 3);
    const std::string old = text_argument(given[0]);
    const std::string by = text_argument(given[1]);
    const std::int64_t count = given.size() > 2 ? integer_argument(given[2]) : -1;
    const std::string s = text();
    c.check_memory(s.size() + 1, by.size() + 1);
    write(c.reply, bytes_methods::replace(s, old, by, count));
  }

  void split_by(call& c, std::string_view name,
                bytes_methods::texts (*by)(std::string_view, std::optional<std::string_view>,
                                           std::int64_t)) {
    const auto [sep, maxsplit] = c.args.bind<2>(name, {"sep", "maxsplit"}, 0);
    std::optional<std::string> separator;
    if (sep != nullptr && !sep->is_none()) separator = text_argument(*sep);
    const std::int64_t most = maxsplit == nullptr ? -1 : integer_argument(*maxsplit);
    write_list(c.reply, by(text(), separator, most));
  }
  void split(call& c) { split_by(c, "split", bytes_methods::split); }
  void rsplit(call& c) { split_by(c, "rsplit", bytes_methods::rsplit); }
  void splitlines(call& c) {
    const auto [keepends] = c.args.bind<1>("splitlines", {"keepends"}, 0);
    write_list(c.reply, bytes_methods::splitlines(text(), keepends != nullptr && truth(*keepends)));
  }

  void resize(call& c) {
    const std::int64_t size = integer_argument(c.args.take_one("bytearray.resize"));
    if (size < 0)
      throw python_error("ValueError",
                         fmt::format("bytearray.resize(): new size must be >= 0, got {}", size));
    c.check_memory(static_cast<std::size_t>(size), 1);
    content_.resize(static_cast<std::size_t>(size));
    resized();
  }

  // Searches: (sub, start=0, end=…).

  static std::optional<bytes_vector> bytes_of(const frozen& f) {
    if (const auto bytes = f.as_bytes()) return bytes_vector(bytes->begin(), bytes->end());
    if (f.kind() == kind::bytes || f.kind() == kind::bytearray) {
      const value thawed = thaw(f);
      const bytes_view bytes = thawed->as_bytes();
      return bytes_vector(bytes.begin(), bytes.end());
    }
    if (f.kind() == kind::instance) return buffer_of(value_argument(thaw(f)));
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
// encoding).
std::shared_ptr<hosted> make_bytearray(arguments& args) {
  const auto [source, encoding, errors] =
      args.bind<3>("bytearray", {"source", "encoding", "errors"}, 0);
  if (source == nullptr) return std::make_shared<bytearray_object>(bytes_vector());
  if (source->kind() == kind::str && encoding != nullptr) {
    const auto name = encoding->as_str();
    if (!name)
      throw python_error(
          "TypeError",
          fmt::format("bytearray() argument 'encoding' must be str, not {}", class_of(*encoding)));
    if (errors != nullptr && errors->as_str() != "strict")
      throw python_error("NotImplementedError", "this server encodes strictly only");
    const value text = thaw(*source);
    const std::string encoded = bytes_methods::encode(text->as_str(), *name);
    const auto bytes = std::as_bytes(std::span(encoded));
    return std::make_shared<bytearray_object>(bytes_vector(bytes.begin(), bytes.end()));
  }
  if (encoding != nullptr) throw python_error("TypeError", "encoding without a string argument");
  if (const auto size = index_of(*source)) {
    if (!size->fits)
      throw python_error("OverflowError", fmt::format("cannot fit '{}' into an index-sized integer",
                                                      class_of(*source)));
    if (size->value < 0) throw python_error("ValueError", "negative count");
    if (static_cast<std::uint64_t>(size->value) > args.room()) throw python_error("MemoryError");
    return std::make_shared<bytearray_object>(bytes_vector(static_cast<std::size_t>(size->value)));
  }
  if (source->kind() == kind::str)
    throw python_error("TypeError", "string argument without an encoding");
  if (auto bytes = bytearray_object::bytes_of(*source))
    return std::make_shared<bytearray_object>(*std::move(bytes));
  if (!iterable_items(*source))
    throw python_error("TypeError",
                       fmt::format("cannot convert '{}' object to bytearray", class_of(*source)));
  return std::make_shared<bytearray_object>(bytearray_object::assigned_bytes(*source));
}

}  // namespace

void host_bytearray(registry& types, iterators) {
  types.host<bytearray_object>("bytearray", make_bytearray, "AutoProxy",
                               {{"builtins", "bytearray"}});
}

}  // namespace pickled::inline v0::detail
