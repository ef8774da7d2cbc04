// SPDX-License-Identifier: BSL-1.0

// str.lower(), str.upper() and str.casefold(), by the Unicode of CPython 3.13.

#ifndef PICKLED_SERVER_PYTHON_STR_CASE_HPP
#define PICKLED_SERVER_PYTHON_STR_CASE_HPP

#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

// All take and give UTF-8; surrogates stay what they are.
std::string lower(std::string_view text);
std::string upper(std::string_view text);
std::string casefold(std::string_view text);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_PYTHON_STR_CASE_HPP
