// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/ndarray.hpp"

#include <fmt/format.h>

#include <string>

PICKLED_BEGIN_NAMESPACE
namespace {

std::string name_of(element_type type) {
  return fmt::format("ndarray of {}", type.name());
}

}  // namespace

array_view::array_view(element_type type, const void* data, std::vector<std::size_t> shape,
                       std::vector<std::ptrdiff_t> strides)
    : type_(type),
      data_(static_cast<const std::byte*>(data)),
      shape_(std::move(shape)),
      strides_(std::move(strides)) {
  assert(shape_.size() == strides_.size());
}

std::size_t array_view::size() const noexcept {
  std::size_t result = 1;
  for (const std::size_t length : shape_)
    result *= length;
  return result;
}

bool array_view::contiguous() const noexcept {
  std::ptrdiff_t step = type_.size;
  for (std::size_t i = shape_.size(); i-- > 0;) {
    if (shape_[i] != 1 && strides_[i] != step) return size() == 0;
    step *= static_cast<std::ptrdiff_t>(shape_[i]);
  }
  return true;
}

void array_view::copy_to(std::byte* to) const noexcept {
  const std::size_t count = size();
  if (count == 0) return;
  if (contiguous()) {
    std::memcpy(to, data_, count * type_.size);
    return;
  }
  std::vector<std::size_t> index(shape_.size());
  const std::byte* at = data_;
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(to + i * type_.size, at, type_.size);
    // Like an odometer: the last index runs, and carries over where it is through.
    for (std::size_t d = shape_.size(); d-- > 0;) {
      at += strides_[d];
      if (++index[d] < shape_[d]) break;
      at -= strides_[d] * static_cast<std::ptrdiff_t>(shape_[d]);
      index[d] = 0;
    }
  }
}

PICKLED_END_NAMESPACE

namespace pickled::inline v0::detail {

array_view read_array(value_view v, element_type type) {
  const std::optional<array_layout> layout = ndarray_layout(v);
  if (!layout) throw conversion_error(name_of(type), v);
  if (layout->type != type) throw conversion_error(name_of(type), name_of(layout->type));
  return {type, layout->content.data(), layout->shape, layout->strides()};
}

}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

// As numpy itself pickles up to protocol 4; numpy 2 still knows this module by its old name.
value_view to_value(const array_view& from, value_builder& b) {
  std::vector<std::byte> content(from.size() * from.type_.size);
  from.copy_to(content.data());
  std::vector<value_view> shape;
  for (const std::size_t length : from.shape()) {
    shape.push_back(value_view::integer(static_cast<std::int64_t>(length)));
  }
  const value_view zero = value_view::integer(0);
  const value_view args[] = {b.global("numpy", "ndarray"), b.tuple({&zero, 1}),
                             b.bytes(as_bytes(std::string_view("b")))};
  const value_view array =
      b.instance(instance_node::construction::reduce,
                 b.global("numpy.core.multiarray", "_reconstruct"), b.tuple(args));
  const value_view state[] = {value_view::integer(1), b.tuple(shape), write_dtype(from.type_, b),
                              value_view::boolean(false), b.bytes(content)};
  b.change(array, {instance_node::change::action::build, b.tuple(state), {}});
  return array;
}

PICKLED_END_NAMESPACE
