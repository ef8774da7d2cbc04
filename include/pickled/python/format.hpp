// SPDX-License-Identifier: BSL-1.0

// fmt::format of a value: its repr().

#ifndef PICKLED_PYTHON_FORMAT_HPP
#define PICKLED_PYTHON_FORMAT_HPP

#include "pickled/python/repr.hpp"

#include <fmt/format.h>

// Takes what a str takes: "{:>20}".
template <>
struct fmt::formatter<pickled::value_view> : fmt::formatter<std::string> {
  template <class Context>
  auto format(pickled::value_view v, Context& context) const {
    return fmt::formatter<std::string>::format(pickled::repr(v), context);
  }
};
template <>
struct fmt::formatter<pickled::value> : fmt::formatter<pickled::value_view> {};
template <>
struct fmt::formatter<pickled::value::reference> : fmt::formatter<pickled::value_view> {};
template <>
struct fmt::formatter<pickled::value::const_reference> : fmt::formatter<pickled::value_view> {};

#endif  // PICKLED_PYTHON_FORMAT_HPP
