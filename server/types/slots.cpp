// SPDX-License-Identifier: BSL-1.0

#include "server/types/slots.hpp"

#include "frozen/thaw.hpp"
#include "pickled/python/repr.hpp"
#include "server/python/leaf.hpp"

#include <algorithm>

namespace pickled::inline v0::detail {

splicer& write_list(splicer& out, std::span<const frozen> items) {
  out.begin_list();
  for (const frozen& item : items)
    out.frozen(item);
  return out.end_list();
}

splicer& write_iterator(splicer& out, std::span<const frozen> items) {
  out.global("builtins", "iter").begin_tuple();
  return write_list(out, items).end_tuple().reduce();
}

splicer& write_not_implemented(splicer& out) {
  return out.global("builtins", "NotImplemented");
}

std::string repr_of(const frozen& slot, std::size_t limit) {
  if (const auto leaf = leaf_view(slot)) return repr(*leaf, limit);
  return repr(thaw(slot), limit);
}

std::string repr_sequence(std::string_view open, std::span<const frozen> items,
                          std::string_view close, std::size_t limit) {
  std::string text(open);
  for (std::size_t i = 0; i < items.size() && text.size() < limit; ++i) {
    if (i != 0) text += ", ";
    text += repr_of(items[i], limit - std::min(limit, text.size()));
  }
  return text.append(close);
}

void visit_proxies(std::span<const frozen> slots,
                   const std::function<void(const proxy_reference&)>& visit) {
  for (const frozen& slot : slots) {
    for (const frozen::hole& hole : slot.holes())
      visit(*hole.proxy);
  }
}

}  // namespace pickled::inline v0::detail
