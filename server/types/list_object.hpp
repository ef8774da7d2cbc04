// SPDX-License-Identifier: BSL-1.0

// Python's list, as a manager hosts it, and what collections.deque has of it.

#ifndef PICKLED_SERVER_TYPES_LIST_OBJECT_HPP
#define PICKLED_SERVER_TYPES_LIST_OBJECT_HPP

#include "server/python/needle.hpp"
#include "server/python/subscript.hpp"
#include "server/sync/holdings.hpp"
#include "server/types/arguments.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pickled::inline v0::detail {

class list_object : public hosted {
 public:
  explicit list_object(std::vector<frozen> items);

  // The methods, in the order in which CPython's proxy class names them.
  static std::span<const method_entry> table() noexcept;

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string repr(std::size_t limit) const override;
  void write_value(splicer& out) const override;
  std::size_t weight() const noexcept override;
  void for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const override;
  std::optional<std::vector<frozen>> items() const override;

 protected:
  void add(call& c);
  void contains(call& c);
  void delitem(call& c);
  void getitem(call& c);
  void imul(call& c);
  void len(call& c);
  void mul(call& c);
  void reversed(call& c);
  void rmul(call& c);
  void setitem(call& c);
  void append(call& c);
  void clear(call& c);
  void copy(call& c);
  void count(call& c);
  void extend(call& c);
  void index(call& c);
  void insert(call& c);
  void pop(call& c);
  void remove(call& c);
  void reverse(call& c);
  void sort(call& c);

  // Throws the ValueError of remove() or index().
  [[noreturn]] virtual void throw_missing(const frozen& sought, bool removing) const;

  // What a search under the mutex found: where the bytes do not tell, the slots are copied.
  struct search {
    std::vector<std::pair<std::size_t, frozen>> unknown;
    std::vector<std::size_t> equal;
    std::uint64_t version = 0;
  };
  static std::optional<std::size_t> first_equal(needle& sought, const search& found);

  void reply_count(call& c, const frozen& given);
  // Of index(value, start=0, stop=…).
  void reply_index(call& c, std::span<const frozen> given);
  void remove_first(const frozen& given);
  std::vector<frozen> snapshot(std::size_t most = std::numeric_limits<std::size_t>::max()) const;
  void repeat(call& c, std::int64_t times) const;
  void set_slice(const subscript& where, const frozen& value);

  // Under the mutex.
  search find(const needle& sought, std::int64_t first, std::int64_t last, bool all) const;
  void add_at(std::size_t place, frozen& item);
  void assign(std::size_t place, frozen& item);  // what was there is then in `item`
  frozen take_from(std::size_t place);
  void replace(std::size_t at, std::size_t count, std::vector<frozen> items,
               std::vector<frozen>& dropped);
  void delete_places(slice_range places, std::vector<frozen>& dropped);

  std::deque<frozen> items_;

 private:
  holdings held_;
};

// list(), list(iterable).
std::shared_ptr<hosted> make_list(arguments& args);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_LIST_OBJECT_HPP
