// SPDX-License-Identifier: BSL-1.0

// Conversions of std::tuple and std::pair: tuple. Read also of a list or a named tuple of as many
// items.

#ifndef PICKLED_CONVERT_TUPLE_HPP
#define PICKLED_CONVERT_TUPLE_HPP

#include "pickled/convert/core.hpp"
#include "pickled/convert/native.hpp"

#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

PICKLED_BEGIN_NAMESPACE

namespace detail {

template <class T>
inline constexpr bool is_tuple_type = false;
template <class... Items>
inline constexpr bool is_tuple_type<std::tuple<Items...>> = true;
template <class First, class Second>
inline constexpr bool is_tuple_type<std::pair<First, Second>> = true;

template <class... Items>
inline constexpr bool is_unhashable<std::tuple<Items...>> = (is_unhashable<Items> || ...);
template <class First, class Second>
inline constexpr bool is_unhashable<std::pair<First, Second>> =
    is_unhashable<First> || is_unhashable<Second>;

}  // namespace detail

template <class T>
requires detail::is_tuple_type<T> value_view to_value(const T& from, value_builder& b) {
  return std::apply(
      [&](const auto&... items) {
        const std::array<value_view, sizeof...(items)> views{write_element(items, b)...};
        return b.tuple(views);
      },
      from);
}

template <class T>
requires detail::is_tuple_type<T>
void from_value(value_view v, T& to) {
  const detail::item_list<value_view> items = detail::native_items(v, "tuple");
  constexpr std::size_t size = std::tuple_size_v<T>;
  detail::check_size(items.size(), size);
  std::apply(
      [&](auto&... elements) {
        std::size_t index = 0;
        [[maybe_unused]] const auto read = [&](auto& element) {
          read_element(items[index], element, [&] { return index_step(index); });
          ++index;
        };
        (read(elements), ...);
      },
      to);
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_TUPLE_HPP
