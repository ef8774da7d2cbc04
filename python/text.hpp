// SPDX-License-Identifier: BSL-1.0

// Python's text of what has no parts: repr() of str, bytes, float and complex.

#ifndef PICKLED_PYTHON_TEXT_HPP
#define PICKLED_PYTHON_TEXT_HPP

#include "pickled/value/value.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

// Each appends to `out` and stops soon after it holds `limit` bytes.
void append_str(std::string_view text, std::size_t limit, std::string& out);
void append_bytes(bytes_view bytes, std::size_t limit, std::string& out);
void append_bytearray(bytes_view bytes, std::size_t limit, std::string& out);

// float.__repr__; with `bare` without the ".0" of a whole number, as complex has it.
void append_real(double number, bool bare, std::string& out);
void append_complex(complex_number number, std::string& out);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PYTHON_TEXT_HPP
