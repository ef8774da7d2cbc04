// SPDX-License-Identifier: BSL-1.0

#include "pickled/convert/core.hpp"

#include "frozen/freezer.hpp"

namespace pickled {

value_view to_value(const value& v, value_builder& b) {
  return b.share(v);
}

void from_value(value_view v, value& to) {
  to = thaw(freeze(v));
}

value_view to_value(const frozen& f, value_builder& b) {
  return b.share(thaw(f));
}

void from_value(value_view v, frozen& to) {
  to = freeze(v);
}

}  // namespace pickled
