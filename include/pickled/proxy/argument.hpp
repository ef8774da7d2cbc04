// SPDX-License-Identifier: BSL-1.0

// What a proxy's method takes for a Python value: anything that converts to one, or, of a proxy
// that says what it holds, that C++ type.

#ifndef PICKLED_PROXY_ARGUMENT_HPP
#define PICKLED_PROXY_ARGUMENT_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/value/value.hpp"

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace pickled {

// Refers to what it was made from, which has to outlive it: for parameters alone.
class any_argument {
 public:
  template <class T>
  requires(!std::same_as<T, any_argument>) any_argument(const T& from)
  noexcept : from_(std::addressof(from)), write_(&any_argument::write<T>) {
    static_assert(writable<T>,
                  "no to_value(const T&, value_builder&) for this type: describe it with "
                  "PICKLED_DESCRIBE, or write the function in its namespace");
  }

  friend value_view to_value(const any_argument& from, value_builder& b) {
    return from.write_(from.from_, b);
  }

 private:
  template <class T>
  static value_view write(const void* from, value_builder& b) {
    if constexpr (writable<T>) return to_value(*static_cast<const T*>(from), b);
    return {};
  }

  const void* from_;
  value_view (*write_)(const void*, value_builder&);
};

template <class T>
using argument = std::conditional_t<std::same_as<T, value>, any_argument, const T&>;

// As what a key is kept that is used later: text as a str of its own.
template <class K, class Given>
using kept_key = std::conditional_t<
    !std::same_as<K, value>, K,
    std::conditional_t<std::is_convertible_v<const Given&, std::string_view>, std::string, Given>>;

}  // namespace pickled

#endif  // PICKLED_PROXY_ARGUMENT_HPP
