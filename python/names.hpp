// SPDX-License-Identifier: BSL-1.0

// What the names of classes and functions mean to repr() and to messages.

#ifndef PICKLED_PYTHON_NAMES_HPP
#define PICKLED_PYTHON_NAMES_HPP

#include "pickled/value/value.hpp"

#include <cstdint>
#include <string_view>

namespace pickled::inline v0::detail {

enum class global_sort : std::uint8_t {
  type,
  builtin_function,
  constant,  // Ellipsis, NotImplemented
};

// A name that is not known is taken for a class.
global_sort sort_of(const global_name& name);

// A builtin exception or one of those that multiprocessing's own objects raise.
bool is_exception(const global_name& name);

// The class of what iter, reversed, zip, enumerate, map or filter made: "list_iterator".
// Empty for any other instance.
std::string_view iterator_type(const instance_node& i);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_NAMES_HPP
