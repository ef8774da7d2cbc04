// SPDX-License-Identifier: BSL-1.0

#include "python/raw_array.hpp"

#include "pickled/python/array_layout.hpp"
#include "pickled/python/element_type.hpp"
#include "pickled/value/buffer.hpp"

#include <algorithm>
#include <string_view>

namespace pickled::inline v0::detail {
namespace {

using construction = instance_node::construction;
using change = instance_node::change;

struct array_parts {
  value_view of_class;
  value_view shape;
  value_view dtype;
  value_view content;
  value_view mask;
  bool fortran;
};

// _reconstruct(ndarray, (0,), b'b') with the state (1, shape, dtype, fortran, content), of a
// MaskedArray _mareconstruct(…) with (…, mask, what stands for masked items); and
// _frombuffer(content, dtype, shape, 'C' or 'F').
std::optional<array_parts> parts_of_array(const instance_node& call) {
  const global_name name = call.callable.as_global();
  const bool masked = name == global_name{"numpy.ma.core", "_mareconstruct"};
  if (masked || (name.name == "_reconstruct" && is_module_of_numpy(name.module, "multiarray"))) {
    if (call.changes.size != 1 || call.args.size() == 0) return std::nullopt;
    const change& built = call.changes.view()[0];
    if (built.action != change::action::build || !built.first.is(kind::tuple)) return std::nullopt;
    const auto state = built.first.as_items();
    if (state.size() != (masked ? 7 : 5) || !state[3].is(kind::boolean)) return std::nullopt;
    return array_parts{call.args.as_items()[0],          state[1],          state[2], state[4],
                       masked ? state[5] : value_view(), state[3].as_bool()};
  }
  if (name.name != "_frombuffer" || !is_module_of_numpy(name.module, "numeric"))
    return std::nullopt;
  const auto args = call.args.as_items();
  if (args.size() != 4 || !args[3].is(kind::str) || call.changes.size != 0) return std::nullopt;
  return array_parts{{}, args[2], args[1], args[0], {}, args[3].as_str() == "F"};
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
  if (!mask.empty() && mask[n] != std::byte{}) {
    return build.instance(construction::reduce, build.global("numpy.ma.core", "MaskedConstant"),
                          build.tuple({}));
  }
  if (holds_objects) return objects[n];
  const value_view scalar =
      build.global(numpy_2 ? "numpy._core.multiarray" : "numpy.core.multiarray", "scalar");
  const value_view args[] = {dtype, build.bytes(content.subspan(n * item_size(), item_size()))};
  return build.instance(construction::reduce, scalar, build.tuple(args));
}

bool raw_array::is_matrix() const noexcept {
  return of_class.is(kind::global) && of_class.as_global() == global_name{"numpy", "matrix"};
}

std::vector<std::size_t> raw_array::places_of_row(std::size_t n) const {
  std::vector<std::size_t> places(size() / shape[0]);
  for (std::size_t i = 0; i != places.size(); ++i)
    // numpy sends objects by rows, whatever their order is.
    places[i] = fortran && !holds_objects ? i * shape[0] + n : n * places.size() + i;
  return places;
}

value_view raw_array::row(std::size_t n, value_builder& build) const {
  std::vector<value_view> lengths;
  // A row of a matrix is a matrix.
  if (is_matrix()) lengths.push_back(value_view::integer(1));
  for (const std::size_t length : std::span(shape).subspan(1))
    lengths.push_back(value_view::integer(static_cast<std::int64_t>(length)));
  std::vector<value_view> items;
  std::vector<std::byte> bytes;
  for (const std::size_t place : places_of_row(n)) {
    if (holds_objects) {
      items.push_back(objects[place]);
    } else {
      const bytes_view item = content.subspan(place * item_size(), item_size());
      bytes.insert(bytes.end(), item.begin(), item.end());
    }
  }
  // A row of a memmap is an ndarray: it has no file of its own.
  const bool keeps_class =
      of_class.is(kind::global) && of_class.as_global() != global_name{"numpy", "memmap"};
  const value_view none[] = {value_view::integer(0)};
  const std::byte letter{'b'};
  const value_view args[] = {keeps_class ? of_class : build.global("numpy", "ndarray"),
                             build.tuple(none), build.bytes({&letter, 1})};
  const value_view maker =
      build.global(numpy_2 ? "numpy._core.multiarray" : "numpy.core.multiarray", "_reconstruct");
  const value_view row = build.instance(construction::reduce, maker, build.tuple(args));
  const value_view state[] = {value_view::integer(1), build.tuple(lengths), dtype,
                              value_view::boolean(fortran),
                              holds_objects ? build.list(items) : build.bytes(bytes)};
  build.change(row, {change::action::build, build.tuple(state), {}});
  return row;
}

std::vector<std::byte> raw_array::bytes() const {
  std::vector<std::byte> result;
  if (size() == 0) return result;
  // numpy has the order of bytes that its machine has, wherever an array comes from.
  const auto type = parse_dtype(dtype);
  const std::size_t word = !type || !type->swapped ? 0
                           : type->letter == 'c'   ? item_size() / 2
                                                   : item_size();
  if (word == 0 && !fortran) return {content.begin(), content.end()};
  result.reserve(content.size());
  std::vector<std::size_t> index(shape.size());
  for (std::size_t n = 0; n != size(); ++n) {
    std::size_t place = n;
    if (fortran) {
      place = 0;
      for (std::size_t d = shape.size(); d-- != 0;)
        place = place * shape[d] + index[d];
    }
    const bytes_view item = content.subspan(place * item_size(), item_size());
    result.insert(result.end(), item.begin(), item.end());
    for (std::size_t left = word == 0 ? 0 : item_size(); left != 0; left -= word) {
      const auto end = result.end() - static_cast<std::ptrdiff_t>(left - word);
      std::reverse(end - static_cast<std::ptrdiff_t>(word), end);
    }
    for (std::size_t d = shape.size(); d-- != 0 && ++index[d] == shape[d];)
      index[d] = 0;
  }
  return result;
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
  array.of_class = parts->of_class;
  array.dtype = parts->dtype;
  array.fortran = parts->fortran;
  array.numpy_2 = call.callable.as_global().module.starts_with("numpy._core.");
  const std::size_t size = array.size();
  if (parts->mask.is(kind::bytes)) array.mask = parts->mask.as_bytes();
  if (!parts->mask.is_none() && array.mask.size() != size) return std::nullopt;
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

std::optional<value_view> only_item(value_view v, arena& where) {
  const auto array = read_raw_array(v);
  if (!array || !array->shape.empty()) return std::nullopt;
  value_builder build(where);
  return array->item(0, build);
}

}  // namespace pickled::inline v0::detail
