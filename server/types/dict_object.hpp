// SPDX-License-Identifier: BSL-1.0

// Python's dict, as a manager hosts it, and what its subclasses of `collections` have of it: each
// of them has a table of its own, which names what it inherits and what it adds.

#ifndef PICKLED_SERVER_TYPES_DICT_OBJECT_HPP
#define PICKLED_SERVER_TYPES_DICT_OBJECT_HPP

#include "server/sync/holdings.hpp"
#include "server/types/arguments.hpp"
#include "server/types/call.hpp"
#include "server/types/hosted.hpp"
#include "server/types/iterators.hpp"
#include "server/types/ordered_table.hpp"
#include "server/types/pairs.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pickled::inline v0::detail {

class dict_object : public hosted {
 public:
  explicit dict_object(pairs items, iterators how = iterators::snapshot);

  // The methods, in the order in which CPython's proxy class names them.
  static std::span<const method_entry> table() noexcept;

  std::span<const method_entry> methods() const noexcept override { return table(); }
  std::string repr(std::size_t limit) const override;
  void write_value(splicer& out) const override;
  std::size_t weight() const noexcept override;
  void for_each_proxy(const std::function<void(const proxy_reference&)>& visit) const override;
  std::optional<std::vector<frozen>> items() const override { return keys_and_values(); }
  bool is_mapping() const noexcept override { return true; }

  // Without the mutex: others may be changing it.
  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

 protected:
  void contains(call& c);
  void delitem(call& c);
  void getitem(call& c);
  void ior(call& c);
  void iter(call& c);
  void len(call& c);
  void union_with(call& c);
  void reversed(call& c);
  void runion(call& c);
  void setitem(call& c);
  void clear(call& c);
  void copy(call& c);
  void fromkeys(call& c);
  void get(call& c);
  void list_items(call& c);
  void list_keys(call& c);
  void pop(call& c);
  void popitem(call& c);
  void setdefault(call& c);
  void update(call& c);
  void list_values(call& c);

  using storage = ordered_table<frozen>;

  std::vector<frozen> keys() const;
  std::vector<frozen> keys_and_values(
      std::size_t most = std::numeric_limits<std::size_t>::max()) const;
  pairs snapshot() const;
  std::optional<frozen> find(const key& k) const;
  void put_all(pairs& given);
  // Replies the value of `k`. Where there was none, `value` is stored and replied.
  void set_default_of(call& c, key k, frozen value);

  // Takes the entry of `k` out, and writes its value to `reply`. Nothing where there is none.
  std::optional<storage::entry> take_into(splicer& reply, const key& k);

  // Under the mutex. The old value is then in `value`, or returned, to be destroyed after
  // unlocking.
  void put(key& k, frozen& value);
  std::optional<storage::entry> take(const key& k);
  void took_out(const storage::entry& e) noexcept;  // counts that it is gone
  static void reply_pair(splicer& out, const storage::entry& e);
  void drop_taken(call& c, storage::entry taken) noexcept;
  void put_first(storage::entry e);  // precondition: there is no equal key

  [[noreturn]] static void throw_key_error(const frozen& key);

  storage entries_;

 private:
  holdings held_;
  std::atomic<std::size_t> size_{0};  // of entries_
  const iterators iterators_;
};

// dict(), dict(mapping), dict(iterable), each with keywords. Throws python_error.
std::shared_ptr<hosted> make_dict(arguments& args, iterators how = iterators::snapshot);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_DICT_OBJECT_HPP
