// SPDX-License-Identifier: BSL-1.0

// The key functions that list.sort() can be given. They arrive as names, and as nothing of a pickle
// is ever run, these few are known:
//
//   abs bool float int len list max min ord repr str sum tuple
//   str.casefold str.lower str.lstrip str.rstrip str.strip str.upper
//   operator.neg operator.itemgetter(…) operator.attrgetter(…) operator.methodcaller('lower')
//   os.path.basename

#ifndef PICKLED_SERVER_PYTHON_SORT_KEY_HPP
#define PICKLED_SERVER_PYTHON_SORT_KEY_HPP

#include "pickled/frozen/frozen.hpp"
#include "pickled/value/value.hpp"

namespace pickled::inline v0::detail {

class sort_key {
 public:
  // Throws python_error TypeError "'int' object is not callable", or one that names a callable
  // which is not known.
  explicit sort_key(const frozen& callable);

  // What the function returns for `v`: a part of it, or made in `where`. Throws what Python's
  // function throws.
  value_view apply(value_view v, arena& where) const;

 private:
  using function = value_view (*)(value_view, arena&);

  function function_ = nullptr;  // null for itemgetter and attrgetter
  value_view (*get_)(value_view, value_view, arena&) = nullptr;
  value getters_;  // the arguments of these two, of each of which `get_` is one result
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_PYTHON_SORT_KEY_HPP
