// SPDX-License-Identifier: BSL-1.0

// Python's text of a value, as repr() prints it.

#ifndef PICKLED_PYTHON_REPR_HPP
#define PICKLED_PYTHON_REPR_HPP

#include "pickled/value/value.hpp"

#include <cstddef>
#include <iosfwd>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

PICKLED_BEGIN_NAMESPACE

// What CPython 3.13 prints, for every native kind and the standard library's data types; an
// instance of another class prints as object.__repr__ has it, with a number in place of its
// address, and a global that is not known to be a function as a class. Recursive containers print
// as CPython's do:
// [...], {...}. Cut off at `limit` bytes, so that a value with 2^40 shared leaves costs no
// more than what is asked for; nesting needs no stack.
// Throws python_error ValueError for an int of more than 4300 digits, as CPython 3.11 and later do,
// and RecursionError where dicts are keys of keys of dicts (…) beyond a hundred levels.
std::string repr(value_argument v, std::size_t limit = std::numeric_limits<std::size_t>::max());
// The same with an error instead; no text is returned then.
inline std::string repr(value_argument v, std::error_code& error,
                        std::size_t limit = std::numeric_limits<std::size_t>::max()) {
  return detail::catch_error(error, [&] { return repr(v, limit); });
}

std::string repr(std::string_view str);  // quotes and escapes by CPython's rules
std::string repr_bytes(bytes_view bytes);
std::string repr(double number);  // shortest that reads back, as float.__repr__

// Writes repr(v); throws what that throws.
std::ostream& operator<<(std::ostream& out, value_argument v);

PICKLED_END_NAMESPACE

#endif  // PICKLED_PYTHON_REPR_HPP
