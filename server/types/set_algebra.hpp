// SPDX-License-Identifier: BSL-1.0

// Sets of keys, and what set's operators make of two of them.

#ifndef PICKLED_SERVER_TYPES_SET_ALGEBRA_HPP
#define PICKLED_SERVER_TYPES_SET_ALGEBRA_HPP

#include "frozen/key.hpp"
#include "pickled/frozen/frozen.hpp"
#include "pickled/frozen/splicer.hpp"
#include "pickled/python/python_error.hpp"
#include "server/types/ordered_table.hpp"

#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

namespace pickled::inline v0::detail {

struct no_value {};
using key_set = ordered_table<no_value>;

// Their originals, or the first of them.
std::vector<frozen> originals(const key_set& keys,
                              std::size_t most = std::numeric_limits<std::size_t>::max());
void write_set(splicer& out, const key_set& keys);
void write_frozenset(splicer& out, const key_set& keys);

// Another set, or an iterable of keys. Python takes one key after the other and stops at the first
// that cannot be hashed; what it did until then stays.
struct set_operand {
  key_set keys;
  bool is_set = false;
  std::optional<python_error> error;

  void throw_error() const;  // if there is one
};

// The argument of a method, which may be any iterable. Throws python_error TypeError "'int' object
// is not iterable".
set_operand iterable_operand(const frozen& argument);
// The argument of an operator: a set, a frozenset, a proxy of a set. Throws what is wrong with its
// keys; nothing where the operator leaves it to the other operand.
std::optional<set_operand> set_operand_of(const frozen& argument);
// The key to look for: Python lets a set stand for the frozenset of its items there.
key sought_key(const frozen& argument);

key_set united(const key_set& self, const set_operand& other);
key_set common(const key_set& self, const set_operand& other);
key_set without(const key_set& self, const set_operand& other);
key_set either(const key_set& self, const set_operand& other);
bool contains_all(const key_set& keys, const key_set& others);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_SET_ALGEBRA_HPP
