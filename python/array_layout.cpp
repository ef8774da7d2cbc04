// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/array_layout.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace pickled {
namespace {

using change = instance_node::change;

std::optional<bytes_view> content_of(value_view v) noexcept {
  if (v.is(kind::bytes) || v.is(kind::bytearray)) return v.as_bytes();
  if (v.is(kind::buffer)) return v.as_buffer().content;
  return std::nullopt;
}

// False also where the size of the whole would not fit.
bool read_shape(value_view v, array_layout& layout) {
  if (!v.is(kind::tuple)) return false;
  std::size_t size = layout.type.size;
  for (const value_view length : v.as_items()) {
    if (!length.is(kind::integer) || length.as_integer() < 0) return false;
    const auto count = static_cast<std::size_t>(length.as_integer());
    if (__builtin_mul_overflow(size, count, &size)) return false;
    layout.shape.push_back(count);
  }
  return size == layout.content.size();
}

std::optional<array_layout> make_layout(value_view shape, value_view dtype, value_view content,
                                        bool fortran) {
  const std::optional<element_type> type = parse_dtype(dtype);
  const std::optional<bytes_view> bytes = content_of(content);
  if (!type || !bytes) return std::nullopt;
  array_layout layout{*type, *bytes, {}, fortran, dtype};
  if (!read_shape(shape, layout)) return std::nullopt;
  return layout;
}

// _reconstruct(ndarray, (0,), b'b') has the state (1, shape, dtype, fortran, content); none is
// empty.
std::span<const value_view> state_of_reconstructed(const instance_node& call) {
  if (call.changes.size != 1) return {};
  const change& built = call.changes.view()[0];
  if (built.what != change::what::build || !built.first.is(kind::tuple)) return {};
  const auto state = built.first.as_items();
  return state.size() == 5 && state[3].is(kind::boolean) ? state : std::span<const value_view>();
}

std::optional<array_layout> reconstructed(const instance_node& call) {
  const auto state = state_of_reconstructed(call);
  if (state.empty()) return std::nullopt;
  return make_layout(state[1], state[2], state[4], state[3].as_bool());
}

// _frombuffer(content, dtype, shape, 'C' or 'F').
std::optional<array_layout> from_buffer(const instance_node& call) {
  const auto args = call.args.as_items();
  if (args.size() != 4 || !args[3].is(kind::str) || call.changes.size != 0) return std::nullopt;
  return make_layout(args[2], args[1], args[0], args[3].as_str() == "F");
}

const instance_node* call_of_global(value_view v) noexcept {
  if (!v.is(kind::instance)) return nullptr;
  const instance_node& call = v.as_instance();
  const bool plain = call.how == instance_node::construction::reduce &&
                     call.callable.is(kind::global) && call.args.is(kind::tuple);
  return plain ? &call : nullptr;
}

}  // namespace

bool is_module_of_numpy(std::string_view module, std::string_view submodule) noexcept {
  for (const std::string_view prefix : {"numpy.core.", "numpy._core."}) {
    if (module.substr(0, prefix.size()) == prefix) return module.substr(prefix.size()) == submodule;
  }
  return false;
}

std::vector<std::ptrdiff_t> array_layout::strides() const {
  std::vector<std::ptrdiff_t> result(shape.size());
  std::size_t step = type.size;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t dimension = fortran ? i : shape.size() - 1 - i;
    result[dimension] = static_cast<std::ptrdiff_t>(step);
    step *= shape[dimension];
  }
  return result;
}

std::optional<array_layout> ndarray_layout(value_view v) {
  const instance_node* call = call_of_global(v);
  if (call == nullptr) return std::nullopt;
  const global_name name = call->callable.as_global();
  if (name.name == "_reconstruct" && is_module_of_numpy(name.module, "multiarray")) {
    return reconstructed(*call);
  }
  if (name.name == "_frombuffer" && is_module_of_numpy(name.module, "numeric")) {
    return from_buffer(*call);
  }
  return std::nullopt;
}

}  // namespace pickled
