// SPDX-License-Identifier: BSL-1.0

// Conversions of std::map and std::unordered_map: dict. Read also of a subclass (OrderedDict,
// defaultdict, Counter). Of a key that was sent twice the last value counts, as in Python.

#ifndef PICKLED_CONVERT_MAPPING_HPP
#define PICKLED_CONVERT_MAPPING_HPP

#include "pickled/convert/core.hpp"
#include "pickled/convert/native.hpp"

#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

namespace detail {

template <class T>
inline constexpr bool is_mapping_type = false;
template <class K, class T, class C, class A>
inline constexpr bool is_mapping_type<std::map<K, T, C, A>> = true;
template <class K, class T, class H, class E, class A>
inline constexpr bool is_mapping_type<std::unordered_map<K, T, H, E, A>> = true;

}  // namespace detail

template <class T>
requires detail::is_mapping_type<T> value_view to_value(const T& from, value_builder& b) {
  std::vector<dict_entry> entries;
  entries.reserve(from.size());
  for (const auto& [key, item] : from) {
    const value_view key_view = to_value(key, b);
    entries.push_back({key_view, to_value(item, b)});
  }
  return b.dict(entries);
}

template <class T>
requires detail::is_mapping_type<T>
void from_value(value_view v, T& to) {
  T result;
  for (const dict_entry& entry : detail::native_entries(v, "dict")) {
    typename T::key_type key{};
    read_element(entry.key, key, [&] { return key_step(entry.key); });
    typename T::mapped_type item{};
    read_element(entry.value, item, [&] { return key_step(entry.key); });
    result.insert_or_assign(std::move(key), std::move(item));
  }
  to = std::move(result);
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_MAPPING_HPP
