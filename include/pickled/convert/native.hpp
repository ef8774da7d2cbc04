// SPDX-License-Identifier: BSL-1.0

// Python objects that are a number, a sequence or a mapping in all but their pickled form:
// subclasses (MyInt(3), OrderedDict), numpy scalars, calls such as list([...]) around what is
// already one. The conversions look through them here, by python/behaviour.hpp where that knows
// them.

#ifndef PICKLED_CONVERT_NATIVE_HPP
#define PICKLED_CONVERT_NATIVE_HPP

#include "pickled/python/element_type.hpp"
#include "pickled/value/value.hpp"

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE
namespace detail {

// The number, str or bytes that an instance of a subclass of these, or a numpy scalar, stands for;
// any other value as it is. What it returns may point into `room`.
value_view native_scalar(value_view v, number_room& room) noexcept;

// Throws conversion_error where a value has not as many items as are expected.
void check_size(std::size_t items, std::size_t expected);

// Items that a value already holds side by side, or that were collected.
template <class Item>
class item_list {
 public:
  item_list() = default;
  explicit item_list(std::span<const Item> held) noexcept : items_(held) {}
  // `owner` holds what the items point into, unless that is the value.
  explicit item_list(std::vector<Item> collected,
                     std::shared_ptr<const void> owner = nullptr) noexcept
      : collected_(std::move(collected)), owner_(std::move(owner)), items_(collected_) {}
  // Moving a vector leaves its items where they are.
  item_list(item_list&&) noexcept = default;
  item_list& operator=(item_list&&) noexcept = default;

  std::size_t size() const noexcept { return items_.size(); }
  // Whether what the items point into ends with this.
  bool made() const noexcept { return owner_ != nullptr; }
  auto begin() const noexcept { return items_.begin(); }
  auto end() const noexcept { return items_.end(); }
  const Item& operator[](std::size_t index) const noexcept { return items_[index]; }

 private:
  std::vector<Item> collected_;
  std::shared_ptr<const void> owner_;
  std::span<const Item> items_;
};

// The items of a list, tuple, set or frozenset, a subclass or named tuple, a deque, a call of
// list, iter or reversed on such, an array.array, or a numpy array of one dimension. Throws
// conversion_error with `expected` for anything else. Items of a set that are equal in Python are
// treated as the keys of native_entries.
item_list<value_view> native_items(value_view v, std::string_view expected);

// The pairs of a dict or a subclass such as OrderedDict, defaultdict and Counter. Keys of one kind
// stand as they were sent: of one that came twice the last pair counts. Of others that are equal
// in Python, as 1 and 1.0, the first stands alone, with the value of the last. Throws as
// native_items, and python_error for such keys that are nested too deep to be compared.
item_list<dict_entry> native_entries(value_view v, std::string_view expected);

}  // namespace detail
PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_NATIVE_HPP
