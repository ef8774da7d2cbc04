// SPDX-License-Identifier: BSL-1.0

// Iterates over what is read from a container in a server, a chunk of items at a time.

#ifndef PICKLED_PROXY_ITEM_ITERATOR_HPP
#define PICKLED_PROXY_ITEM_ITERATOR_HPP

#include "pickled/namespace.hpp"

#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// A std::input_iterator: copies share the place that they are at. The end is
// std::default_sentinel.
template <class T>
class item_iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = T;
  using reference = typename std::vector<T>::reference;
  using pointer = void;

  // `read` returns the next items, and none at the end.
  explicit item_iterator(std::function<std::vector<T>()> read)
      : place_(std::make_shared<place>(place{std::move(read), {}, 0})) {
    read_more();
  }

  reference operator*() const { return place_->items[place_->index]; }
  item_iterator& operator++() {
    if (++place_->index == place_->items.size()) read_more();
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const item_iterator& i, std::default_sentinel_t) noexcept {
    return i.place_->items.empty();
  }

 private:
  struct place {
    std::function<std::vector<T>()> read;
    std::vector<T> items;
    std::size_t index;
  };

  void read_more() {
    place_->items = place_->read();
    place_->index = 0;
  }

  std::shared_ptr<place> place_;
};

// Over a copy of all items as they were when it was made.
template <class T>
item_iterator<T> iterate_snapshot(std::vector<T> items) {
  return item_iterator<T>(
      [rest = std::move(items)]() mutable { return std::exchange(rest, std::vector<T>()); });
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_ITEM_ITERATOR_HPP
