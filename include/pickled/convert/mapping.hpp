// SPDX-License-Identifier: BSL-1.0

// Conversions of std::map, std::unordered_map and what has their insert_or_assign: dict. Read also
// of a subclass (OrderedDict, defaultdict, Counter) and a UserDict. Of a key that was sent twice
// the last value counts, as in Python.

#ifndef PICKLED_CONVERT_MAPPING_HPP
#define PICKLED_CONVERT_MAPPING_HPP

#include "pickled/convert/core.hpp"
#include "pickled/convert/native.hpp"

#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

namespace detail {

template <class T>
concept mapping_container = requires(T container, typename T::key_type key,
                                     typename T::mapped_type item) {
  typename T::allocator_type;
  container.insert_or_assign(std::move(key), std::move(item));
};

template <mapping_container T>
inline constexpr bool is_unhashable<T> = true;

}  // namespace detail

template <class T>
requires detail::mapping_container<T> value_view to_value(const T& from, value_builder& b) {
  std::vector<dict_entry> entries;
  entries.reserve(from.size());
  for (const auto& [key, item] : from) {
    const value_view key_view = detail::write_key(key, b);
    entries.push_back({key_view, write_element(item, b)});
  }
  return b.dict(entries);
}

template <class T>
requires detail::mapping_container<T>
void from_value(value_view v, T& to) {
  T result;
  for (const dict_entry& entry : detail::native_entries(v, "dict")) {
    typename T::key_type key{};
    read_element(entry.key, key, [&] { return step_to_key(entry.key); });
    typename T::mapped_type item{};
    read_element(entry.value, item, [&] { return key_step(entry.key); });
    result.insert_or_assign(std::move(key), std::move(item));
  }
  to = std::move(result);
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_MAPPING_HPP
