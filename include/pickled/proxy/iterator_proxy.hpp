// SPDX-License-Identifier: BSL-1.0

// An iterator in a server: managers.IteratorProxy.

#ifndef PICKLED_PROXY_ITERATOR_PROXY_HPP
#define PICKLED_PROXY_ITERATOR_PROXY_HPP

#include "pickled/namespace.hpp"
#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/item_iterator.hpp"
#include "pickled/proxy/unconverted_item.hpp"

#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// What it has given it does not give again, whichever proxy asked: an item that does not fit the
// type it is read as is in the unconverted_item that is thrown then.
template <class T = value>
class iterator_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "IteratorProxy";
  static constexpr std::string_view telling_method = "__next__";
  using value_type = T;

  iterator_proxy() = default;
  explicit iterator_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  // nullopt at the end.
  template <class U = T>
  std::optional<U> next() const {
    return take_unless<U>("StopIteration", "__next__");
  }

  // A call for each item: for (const T& item : iterator).
  item_iterator<T> begin() const {
    return item_iterator<T>([of = *this] {
      std::vector<T> read;
      if (auto item = of.next()) read.push_back(*std::move(item));
      return read;
    });
  }
  std::default_sentinel_t end() const noexcept { return {}; }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_ITERATOR_PROXY_HPP
