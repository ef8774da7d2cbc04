// SPDX-License-Identifier: BSL-1.0

// Keys with their values, as dict(), dict.update() and | take them.

#ifndef PICKLED_SERVER_TYPES_PAIRS_HPP
#define PICKLED_SERVER_TYPES_PAIRS_HPP

#include "frozen/key.hpp"
#include "pickled/frozen/frozen.hpp"
#include "pickled/python/python_error.hpp"
#include "server/types/arguments.hpp"

#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {

// Python adds one pair after the other and stops at the first that is wrong; those before it stay.
struct pairs {
  std::vector<std::pair<key, frozen>> items;
  std::optional<python_error> error;

  void add(frozen k, frozen value);  // nothing once there is an error
  void throw_error() const;          // if there is one
};

// The argument of dict.update(): a mapping, or an iterable of pairs. Throws python_error TypeError
// "'int' object is not iterable".
pairs pairs_of(const frozen& argument);

// What `dict | argument` accepts: a dict, an instance of one of its subclasses, a proxy of one.
std::optional<pairs> dict_argument(const frozen& argument);

// The arguments of dict() and dict.update(): at most one positional, and keywords.
pairs update_arguments(arguments& args, std::string_view name);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_TYPES_PAIRS_HPP
