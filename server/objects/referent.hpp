// SPDX-License-Identifier: BSL-1.0

// One hosted object with its identity: what a Token names, what a proxy inside a value keeps alive.

#ifndef PICKLED_SERVER_OBJECTS_REFERENT_HPP
#define PICKLED_SERVER_OBJECTS_REFERENT_HPP

#include "server/types/hosted.hpp"

#include <memory>
#include <string>

namespace pickled::inline v0::detail {

struct registered_type;

// Immutable once made; the object in it has its own mutex. Counts are the object table's.
struct referent {
  std::string ident;  // 16 hex digits, random, never used again
  const registered_type* type = nullptr;
  std::shared_ptr<hosted> object;
  std::unique_ptr<referent> next_dead;  // of the object table, once nobody shares it
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_OBJECTS_REFERENT_HPP
