// SPDX-License-Identifier: BSL-1.0

#include "pickled/proxy/item_reference.hpp"

#include "pickled/proxy/base_proxy.hpp"
#include "pickled/python/compare.hpp"
#include "pickled/python/repr.hpp"

namespace pickled::inline v0::detail {
namespace {

// An item of a copy, by what Python would find it by.
value item_of_copy(const value& container, const value& key) {
  if (const auto entries = container->if_entries()) {
    for (auto entry = entries->rbegin(); entry != entries->rend(); ++entry)
      if (equal(entry->key, key)) return container.sharing(entry->value);
    throw access_error(repr(key), container);
  }
  auto index = key->if_integer();
  if (index && *index < 0) *index += static_cast<std::int64_t>(container->size());
  if (!index || *index < 0) throw access_error(repr(key), container);
  return container[static_cast<std::size_t>(*index)];
}

}  // namespace

value nested_item(const value& outer, any_argument key) {
  if (const auto inner = borrow_proxy(outer)) return inner->call("__getitem__", key);
  return item_of_copy(outer, to_value(key));
}

void set_nested_item(const value& outer, any_argument key, any_argument item) {
  const auto inner = borrow_proxy(outer);
  if (!inner) throw conversion_error("a proxy of what is to be changed", outer);
  inner->call("__setitem__", key, item);
}

}  // namespace pickled::inline v0::detail
