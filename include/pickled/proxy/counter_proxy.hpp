// SPDX-License-Identifier: BSL-1.0

// A collections.Counter in a server, which counts in one step. CPython's server shows the operators
// ([], size, contains, erase) only where it was told to by `exposed=`, and has no incr, decr and
// compare_and_set.

#ifndef PICKLED_PROXY_COUNTER_PROXY_HPP
#define PICKLED_PROXY_COUNTER_PROXY_HPP

#include "pickled/proxy/dict_proxy.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// Of a key that is not there get, at and [] read 0; find tells.
template <class K = value, class N = std::int64_t>
class counter_proxy : public dict_proxy<K, N> {
 public:
  static constexpr std::string_view proxytype = "AutoProxy";
  static constexpr std::string_view telling_method = "most_common";

  counter_proxy() = default;
  explicit counter_proxy(base_proxy of) noexcept : dict_proxy<K, N>(std::move(of)) {}

  // Adds to what is there, and returns the sum. Atomic.
  N incr(argument<K> key, const N& n = 1) const {
    return this->template call_as<N>("incr", key, n);
  }
  N decr(argument<K> key, const N& n = 1) const {
    return this->template call_as<N>("decr", key, n);
  }
  // Stores `desired` where there is `expected`, and tells whether it did. Atomic.
  bool compare_and_set(argument<K> key, const N& expected, const N& desired) const {
    return this->template call_as<bool>("compare_and_set", key, expected, desired);
  }

  // Adds the counts of a map, or one for each item of a sequence.
  void update(any_argument items) const { this->call("update", items); }
  void subtract(any_argument items) const { this->call("subtract", items); }
  N total() const { return this->template call_as<N>("total"); }
  // The largest counts first; all of them without `n`.
  std::vector<std::pair<K, N>> most_common(std::optional<std::size_t> n = std::nullopt) const {
    return this->template call_as<std::vector<std::pair<K, N>>>("most_common", n);
  }
  bool erase(argument<K> key) const { return this->template try_pop<value>(key).has_value(); }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_COUNTER_PROXY_HPP
