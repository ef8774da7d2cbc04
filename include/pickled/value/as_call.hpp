// SPDX-License-Identifier: BSL-1.0

// Instances looked at as the calls that make them.

#ifndef PICKLED_VALUE_AS_CALL_HPP
#define PICKLED_VALUE_AS_CALL_HPP

#include "pickled/value/value.hpp"

PICKLED_BEGIN_NAMESPACE

inline bool is_global(value_view v, const global_name& name) noexcept {
  return v.is(kind::global) && v.as_global() == name;
}

// The instance that `name(*args)` makes, by whatever opcode and whatever is done to it after, also
// with kwargs; nullptr for anything else.
inline const instance_node* as_call(value_view v, const global_name& name) noexcept {
  if (!v.is(kind::instance)) return nullptr;
  const instance_node& node = v.as_instance();
  return is_global(node.callable, name) && node.args.is(kind::tuple) ? &node : nullptr;
}

PICKLED_END_NAMESPACE

#endif  // PICKLED_VALUE_AS_CALL_HPP
