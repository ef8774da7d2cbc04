// SPDX-License-Identifier: BSL-1.0

// What a proxy's method takes for a Python value: anything that converts to one, or, of a proxy
// that says what it holds, that C++ type.

#ifndef PICKLED_PROXY_ARGUMENT_HPP
#define PICKLED_PROXY_ARGUMENT_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/value/value.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

PICKLED_BEGIN_NAMESPACE

using any_argument = value::item;
template <class T>
using argument = std::conditional_t<std::same_as<T, value>, any_argument, const T&>;

// As what a key is kept that is used later: text as a str of its own.
template <class K, class Given>
using kept_key = std::conditional_t<
    !std::same_as<K, value>, K,
    std::conditional_t<std::is_convertible_v<const Given&, std::string_view>, std::string, Given>>;

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_ARGUMENT_HPP
