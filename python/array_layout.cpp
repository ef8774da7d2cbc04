// SPDX-License-Identifier: BSL-1.0

#include "pickled/python/array_layout.hpp"

#include "python/raw_array.hpp"

#include <string_view>
#include <utility>

PICKLED_BEGIN_NAMESPACE
namespace {

// False also where the size of the whole would not fit.
bool has_items_of(const detail::raw_array& array, const element_type& type) noexcept {
  std::size_t size = type.size;
  for (const std::size_t length : array.shape)
    if (__builtin_mul_overflow(size, length, &size)) return false;
  return size == array.content.size();
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
  auto array = detail::read_raw_array(v);
  if (!array || array->holds_objects || !array->mask.empty()) return std::nullopt;
  const std::optional<element_type> type = parse_dtype(array->dtype);
  if (!type || !has_items_of(*array, *type)) return std::nullopt;
  return array_layout{*type, array->content, std::move(array->shape), array->fortran, array->dtype};
}

PICKLED_END_NAMESPACE
