// SPDX-License-Identifier: BSL-1.0

// Python's len(), abs(), str(), int() and kin of a value, -v and v[subscript].
//
// Results are parts of `v` or made in `where`. All throw what Python throws: TypeError, ValueError,
// OverflowError, IndexError, KeyError.

#ifndef PICKLED_SERVER_PYTHON_BUILTINS_HPP
#define PICKLED_SERVER_PYTHON_BUILTINS_HPP

#include "pickled/value/value.hpp"
#include "python/behaviour.hpp"

namespace pickled::inline v0::detail {

value_view builtin_len(value_view v, arena& where);
value_view builtin_abs(value_view v, arena& where);
value_view builtin_str(value_view v, arena& where);
value_view builtin_int(value_view v, arena& where);
value_view builtin_float(value_view v, arena& where);

value_view builtin_bool(value_view v, arena& where);
value_view builtin_list(value_view v, arena& where);
value_view builtin_max(value_view v, arena& where);
value_view builtin_min(value_view v, arena& where);
value_view builtin_ord(value_view v, arena& where);
value_view builtin_repr(value_view v, arena& where);
value_view builtin_sum(value_view v, arena& where);
value_view builtin_tuple(value_view v, arena& where);
value_view operator_neg(value_view v, arena& where);

// As face_of(); what may be a member of a StrEnum is its text, for functions that take none of
// another Enum.
face str_face_of(value_view v, arena& where);

// v[subscript].
value_view get_item(value_view v, value_view subscript, arena& where);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_PYTHON_BUILTINS_HPP
