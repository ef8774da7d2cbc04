// SPDX-License-Identifier: BSL-1.0

// numpy's arrays, without a copy: a typed, strided view of the numbers of an ndarray inside a
// value, or of an array in C++ that is to become an ndarray.
//
//   auto m = v.get<ndarray_view<double>>();           // numpy 1 or 2, protocol 3 or later
//   double trace = m(0, 0) + m(1, 1);
//   dumps(ndarray_view<float>(pixels, {480, 640}));   // numpy.ndarray, float32, C order
//
// The element type must be the dtype's, native byte order included: nothing is converted. Numbers
// inside a pickle lie at any address, so they are handed out by value.

#ifndef PICKLED_CONVERT_NDARRAY_HPP
#define PICKLED_CONVERT_NDARRAY_HPP

#include "pickled/convert/core.hpp"
#include "pickled/python/array_layout.hpp"
#include "pickled/python/element_type.hpp"

#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// The part that needs no element type.
class array_view {
 public:
  array_view() = default;
  // Strides are in bytes. `data` must outlive the view.
  array_view(element_type type, const void* data, std::vector<std::size_t> shape,
             std::vector<std::ptrdiff_t> strides);

  std::span<const std::size_t> shape() const noexcept { return shape_; }
  // Bytes from one item to the next in each dimension, as numpy has them.
  std::span<const std::ptrdiff_t> strides() const noexcept { return strides_; }
  std::size_t dimensions() const noexcept { return shape_.size(); }
  // The number of items in all dimensions together.
  std::size_t size() const noexcept;
  const std::byte* data() const noexcept { return data_; }
  // Whether the items lie side by side in C order: the last index varies fastest.
  bool contiguous() const noexcept;

  // All items in C order, into a buffer of size() items.
  void copy_to(std::byte* to) const noexcept;

 protected:
  element_type type_ = {};
  const std::byte* data_ = nullptr;
  std::vector<std::size_t> shape_ = {0};
  std::vector<std::ptrdiff_t> strides_ = {0};

 private:
  friend value_view to_value(const array_view& from, value_builder& b);
};

namespace detail {

// Throws conversion_error where `v` is no ndarray of the type.
array_view read_array(value_view v, element_type type);

}  // namespace detail

value_view to_value(const array_view& from, value_builder& b);

template <array_element T>
class ndarray_view : public array_view {
 public:
  ndarray_view() = default;
  explicit ndarray_view(array_view view) noexcept : array_view(std::move(view)) {}
  // One dimension.
  explicit ndarray_view(std::span<const T> items) : ndarray_view(items.data(), {items.size()}) {}
  // In C order.
  ndarray_view(const T* data, std::vector<std::size_t> shape)
      : ndarray_view(data, shape, array_layout{element_type_of<T>, {}, shape}.strides()) {}
  ndarray_view(const T* data, std::vector<std::size_t> shape, std::vector<std::ptrdiff_t> strides)
      : array_view(element_type_of<T>, data, std::move(shape), std::move(strides)) {}

  // Preconditions: as many indices as dimensions, each below its length.
  template <std::integral... Index>
  T operator()(Index... index) const noexcept {
    assert(sizeof...(index) == dimensions());
    const std::byte* at = data_;
    std::size_t dimension = 0;
    [[maybe_unused]] const auto step = [&](std::size_t i) {
      assert(i < shape_[dimension]);
      at += static_cast<std::ptrdiff_t>(i) * strides_[dimension++];
    };
    (step(static_cast<std::size_t>(index)), ...);
    return read(at);
  }
  // The item of an array of one dimension.
  T operator[](std::size_t index) const noexcept { return (*this)(index); }

  // All items in C order.
  std::vector<T> to_vector() const requires(!std::same_as<T, bool>) {
    std::vector<T> items(size());
    copy_to(reinterpret_cast<std::byte*>(items.data()));
    return items;
  }
  // The items in place: only where they are contiguous and aligned as T has to be.
  std::optional<std::span<const T>> as_span() const noexcept {
    const bool aligned = reinterpret_cast<std::uintptr_t>(data_) % alignof(T) == 0;
    if (!aligned || !contiguous()) return std::nullopt;
    return std::span(reinterpret_cast<const T*>(data_), size());
  }

 private:
  static T read(const std::byte* at) noexcept {
    if constexpr (std::same_as<T, bool>) {
      return *at != std::byte{0};
    } else {
      T item;
      std::memcpy(&item, at, sizeof item);
      return item;
    }
  }
};

template <class T>
inline constexpr bool borrows<ndarray_view<T>> = true;

template <array_element T>
void from_value(value_view v, ndarray_view<T>& to) {
  to = ndarray_view<T>(detail::read_array(v, element_type_of<T>));
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_CONVERT_NDARRAY_HPP
