// SPDX-License-Identifier: BSL-1.0

// Python's len(), abs(), str(), int() and float() of a value, and v[subscript].
//
// Results are parts of `v` or made in `where`. All throw what Python throws: TypeError, ValueError,
// OverflowError, IndexError, KeyError.

#ifndef PICKLED_SERVER_PYTHON_BUILTINS_HPP
#define PICKLED_SERVER_PYTHON_BUILTINS_HPP

#include "pickled/value/value.hpp"

namespace pickled {

value_view builtin_len(value_view v, arena& where);
value_view builtin_abs(value_view v, arena& where);
value_view builtin_str(value_view v, arena& where);
value_view builtin_int(value_view v, arena& where);
value_view builtin_float(value_view v, arena& where);

// v[subscript].
value_view get_item(value_view v, value_view subscript, arena& where);

}  // namespace pickled

#endif  // PICKLED_SERVER_PYTHON_BUILTINS_HPP
