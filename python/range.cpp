// SPDX-License-Identifier: BSL-1.0

#include "python/range.hpp"

#include <algorithm>

namespace pickled::inline v0::detail {

big_integer range::size() const {
  if (step > 0 ? start >= stop : start <= stop) return 0;
  // Boost divides towards zero; the sign of both sides is the same here.
  const big_integer distance =
      step > 0 ? big_integer(stop - start - 1) : big_integer(stop - start + 1);
  return distance / step + 1;
}

bool operator==(const range& a, const range& b) {
  const big_integer size = a.size();
  if (size != b.size()) return false;
  return size == 0 || (a.start == b.start && (size == 1 || a.step == b.step));
}

std::optional<range> read_range(const instance_node& i) {
  const auto args = i.args.as_items();
  const bool ints = std::ranges::all_of(args, [](value_view v) {
    return v.is(kind::boolean) || v.is(kind::integer) || v.is(kind::big_integer);
  });
  if (!ints || args.empty() || args.size() > 3) return std::nullopt;
  range r{args.size() == 1 ? big_integer(0) : to_big_integer(args[0]),
          to_big_integer(args[args.size() == 1 ? 0 : 1]),
          args.size() == 3 ? to_big_integer(args[2]) : big_integer(1)};
  if (r.step == 0) return std::nullopt;
  return r;
}

}  // namespace pickled::inline v0::detail
