// SPDX-License-Identifier: BSL-1.0

// str() of an exception of Python's, by its class and arguments.

#ifndef PICKLED_PYTHON_EXCEPTION_TEXT_HPP
#define PICKLED_PYTHON_EXCEPTION_TEXT_HPP

#include "pickled/value/value.hpp"

#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

// `type` is the class without its module, `args` a tuple, as the exception is pickled. Reprs in it
// are cut off after some thousand characters.
std::string exception_text(std::string_view type, value_view args);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_EXCEPTION_TEXT_HPP
