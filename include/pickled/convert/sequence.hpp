// SPDX-License-Identifier: BSL-1.0

// Conversions of sequences and sets.
//
//   vector, deque, list, array, span      list
//   set, unordered_set                    set
//
// and so containers of others that have an allocator_type and push_back, or a key_type and insert.
//
// All are read of any list, tuple, set or frozenset of Python's and of what is one in all but
// name (deque, subclasses, array.array, numpy arrays of one dimension; see native.hpp). A set in
// C++ takes equal items once; an array must have as many items as the value. Bytes: text.hpp.

#ifndef PICKLED_CONVERT_SEQUENCE_HPP
#define PICKLED_CONVERT_SEQUENCE_HPP

#include "pickled/convert/core.hpp"
#include "pickled/convert/native.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

namespace detail {

// Containers are known by what they can do, for their headers would cost every program.
template <class T>
concept sequence_container = requires(T container, typename T::value_type item) {
  typename T::allocator_type;
  container.push_back(std::move(item));
  container.begin();
}
&&!std::convertible_to<const T&, std::string_view> &&
    !std::convertible_to<const T&, std::span<const std::byte>>;

template <class T>
inline constexpr bool is_array_type = false;
template <class T, std::size_t Size>
inline constexpr bool is_array_type<std::array<T, Size>> = !std::same_as<T, std::byte>;

template <class T>
inline constexpr bool is_span_type = false;
template <class T, std::size_t Extent>
inline constexpr bool is_span_type<std::span<T, Extent>> =
    !std::same_as<std::remove_const_t<T>, std::byte>;

template <class T>
concept set_container = requires(T container, typename T::key_type key) {
  typename T::allocator_type;
  container.insert(std::move(key)).second;
}
&&!requires {
  typename T::mapped_type;
};

template <class T>
requires(sequence_container<T> || is_array_type<T> || is_span_type<T> ||
         set_container<T>) inline constexpr bool is_unhashable<T> = true;

template <class Items, class Write>
std::vector<value_view> write_items(const Items& from, const Write& write) {
  using item = std::remove_cv_t<typename Items::value_type>;
  std::vector<value_view> items;
  items.reserve(from.size());
  // The cast turns the references of vector<bool> into what they stand for.
  for (auto&& element : from)
    items.push_back(write(static_cast<const item&>(element)));
  return items;
}

}  // namespace detail

template <class T>
requires(detail::sequence_container<T> || detail::is_array_type<T> ||
         detail::is_span_type<T>) value_view to_value(const T& from, value_builder& b) {
  return b.list(
      detail::write_items(from, [&](const auto& item) { return write_element(item, b); }));
}

template <class T>
requires detail::sequence_container<T>
void from_value(value_view v, T& to) {
  const detail::item_list<value_view> items = detail::native_items(v, "list");
  T result;
  if constexpr (requires { result.reserve(items.size()); }) result.reserve(items.size());
  std::size_t index = 0;
  for (const value_view item : items) {
    typename T::value_type element{};
    read_element(item, element, [&] { return index_step(index); });
    result.push_back(std::move(element));
    ++index;
  }
  to = std::move(result);
}

template <class T>
requires detail::is_array_type<T>
void from_value(value_view v, T& to) {
  const detail::item_list<value_view> items = detail::native_items(v, "list");
  detail::check_size(items.size(), to.size());
  for (std::size_t i = 0; i < to.size(); ++i) {
    read_element(items[i], to[i], [&] { return index_step(i); });
  }
}

template <class T>
requires detail::set_container<T> value_view to_value(const T& from, value_builder& b) {
  return b.set(
      detail::write_items(from, [&](const auto& item) { return detail::write_key(item, b); }));
}

template <class T>
requires detail::set_container<T>
void from_value(value_view v, T& to) {
  T result;
  for (const value_view item : detail::native_items(v, "set")) {
    typename T::value_type element{};
    read_element(item, element, [&] { return key_step(item); });
    result.insert(std::move(element));
  }
  to = std::move(result);
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_SEQUENCE_HPP
