// SPDX-License-Identifier: BSL-1.0

// What a value yields to a for loop, as values: the part of iterate() that looks inside.

#ifndef PICKLED_PYTHON_ITERATION_HPP
#define PICKLED_PYTHON_ITERATION_HPP

#include "pickled/python/python_error.hpp"
#include "pickled/value/value.hpp"
#include "python/comparison.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace pickled::inline v0::detail {

class iteration {
 public:
  // `max_items` holds for each part of what is iterated, and for the whole.
  iteration(arena& where, std::size_t max_items) noexcept
      : where_(&where), build_(where), max_items_(max_items) {}

  // nullopt for what cannot be iterated. The items live as long as `v`, `where` and this. Throws as
  // iterate().
  std::optional<std::vector<value_view>> items(value_view v);

 private:
  using sequence = std::vector<value_view>;
  // What a zip takes from in turn: two of its arguments may be one iterator.
  struct cursor {
    sequence items;
    std::size_t next = 0;
  };

  void check(std::size_t count) const;
  std::optional<sequence> plain_items(value_view v);
  std::optional<sequence> instance_items(value_view v);
  sequence characters(std::string_view text);
  sequence numbers(bytes_view bytes) const;
  sequence range_items(const instance_node& i);
  std::optional<sequence> deque_items(std::span<const value_view> args);
  std::optional<sequence> iterator_items(const instance_node& i);
  std::optional<sequence> reversed_items(const instance_node& i);
  std::optional<sequence> enumerated_items(std::span<const value_view> args);
  std::optional<sequence> zipped_items(const instance_node& i);
  std::optional<sequence> mapped_items(std::span<const value_view> args);
  std::optional<sequence> numpy_items(value_view v);
  std::optional<sequence> pandas_items(value_view v) const;
  value_view absolute(value_view v);

  arena* where_;
  value_builder build_;
  std::size_t max_items_;
  std::size_t nesting_ = 0;
  comparison comparison_;
};

// The TypeError of what cannot be iterated, or is of a class of numpy's or pandas' that is not
// known.
python_error not_iterable(value_view v);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_ITERATION_HPP
