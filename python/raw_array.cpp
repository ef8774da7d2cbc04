// SPDX-License-Identifier: BSL-1.0

#include "python/raw_array.hpp"

#include "pickled/python/array_layout.hpp"
#include "pickled/value/buffer.hpp"

#include <string_view>

namespace pickled {
namespace {

using construction = instance_node::construction;
using change = instance_node::change;

struct array_parts {
  value_view shape;
  value_view dtype;
  value_view content;
  bool fortran;
};

// _reconstruct(ndarray, (0,), b'b') with the state (1, shape, dtype, fortran, content), and
// _frombuffer(content, dtype, shape, 'C' or 'F').
std::optional<array_parts> parts_of_array(const instance_node& call) {
  const global_name name = call.callable.as_global();
  if (name.name == "_reconstruct" && is_module_of_numpy(name.module, "multiarray")) {
    if (call.changes.size != 1) return std::nullopt;
    const change& built = call.changes.view()[0];
    if (built.what != change::what::build || !built.first.is(kind::tuple)) return std::nullopt;
    const auto state = built.first.as_items();
    if (state.size() != 5 || !state[3].is(kind::boolean)) return std::nullopt;
    return array_parts{state[1], state[2], state[4], state[3].as_bool()};
  }
  if (name.name != "_frombuffer" || !is_module_of_numpy(name.module, "numeric"))
    return std::nullopt;
  const auto args = call.args.as_items();
  if (args.size() != 4 || !args[3].is(kind::str) || call.changes.size != 0) return std::nullopt;
  return array_parts{args[2], args[1], args[0], args[3].as_str() == "F"};
}

std::optional<std::vector<std::size_t>> lengths_of(value_view v) {
  if (!v.is(kind::tuple)) return std::nullopt;
  std::vector<std::size_t> shape;
  std::size_t size = 1;
  for (const value_view length : v.as_items()) {
    if (!length.is(kind::integer) || length.as_integer() < 0) return std::nullopt;
    shape.push_back(static_cast<std::size_t>(length.as_integer()));
    if (__builtin_mul_overflow(size, shape.back(), &size)) return std::nullopt;
  }
  return shape;
}

}  // namespace

std::size_t raw_array::size() const noexcept {
  std::size_t result = 1;
  for (const std::size_t length : shape)
    result *= length;
  return result;
}

value_view raw_array::item(std::size_t n, value_builder& build) const {
  if (holds_objects) return objects[n];
  const value_view scalar =
      build.global(numpy_2 ? "numpy._core.multiarray" : "numpy.core.multiarray", "scalar");
  const value_view args[] = {dtype, build.bytes(content.subspan(n * item_size(), item_size()))};
  return build.instance(construction::reduce, scalar, build.tuple(args));
}

value_view raw_array::row(std::size_t n, value_builder& build) const {
  std::vector<value_view> lengths;
  for (const std::size_t length : std::span(shape).subspan(1))
    lengths.push_back(value_view::integer(static_cast<std::int64_t>(length)));
  const std::size_t count = size() / shape[0];
  const value_view items =
      holds_objects ? build.list(objects.subspan(n * count, count))
                    : build.bytes(content.subspan(n * count * item_size(), count * item_size()));
  const value_view none[] = {value_view::integer(0)};
  const std::byte letter{'b'};
  const value_view args[] = {build.global("numpy", "ndarray"), build.tuple(none),
                             build.bytes({&letter, 1})};
  const value_view maker =
      build.global(numpy_2 ? "numpy._core.multiarray" : "numpy.core.multiarray", "_reconstruct");
  const value_view row = build.instance(construction::reduce, maker, build.tuple(args));
  const value_view state[] = {value_view::integer(1), build.tuple(lengths), dtype,
                              value_view::boolean(false), items};
  build.change(row, {change::what::build, build.tuple(state), {}});
  return row;
}

std::optional<raw_array> read_raw_array(value_view v) {
  if (!v.is(kind::instance)) return std::nullopt;
  const instance_node& call = v.as_instance();
  if (call.how != construction::reduce || !call.callable.is(kind::global) ||
      !call.args.is(kind::tuple)) {
    return std::nullopt;
  }
  const auto parts = parts_of_array(call);
  auto shape = parts ? lengths_of(parts->shape) : std::nullopt;
  if (!shape) return std::nullopt;
  raw_array array;
  array.shape = *std::move(shape);
  array.dtype = parts->dtype;
  array.fortran = parts->fortran;
  array.numpy_2 = call.callable.as_global().module.starts_with("numpy._core.");
  const std::size_t size = array.size();
  if (parts->content.is(kind::list)) {
    array.holds_objects = true;
    array.objects = parts->content.as_items();
    if (array.objects.size() != size) return std::nullopt;
    return array;
  }
  if (parts->content.is(kind::bytes) || parts->content.is(kind::bytearray)) {
    array.content = parts->content.as_bytes();
  } else if (parts->content.is(kind::buffer)) {
    array.content = parts->content.as_buffer().content;
  } else {
    return std::nullopt;
  }
  if (size == 0 ? !array.content.empty() : array.content.size() % size != 0) return std::nullopt;
  return array;
}

}  // namespace pickled
