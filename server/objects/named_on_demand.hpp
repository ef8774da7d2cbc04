// SPDX-License-Identifier: BSL-1.0

// Objects that come under a name while the server runs, and are then the same for everybody: those
// that are made when a client first asks for their name, where a pattern allows that (a queue for
// each rank, a lock for each resource), and those that the program itself publishes.

#ifndef PICKLED_SERVER_OBJECTS_NAMED_ON_DEMAND_HPP
#define PICKLED_SERVER_OBJECTS_NAMED_ON_DEMAND_HPP

#include "server/objects/object_table.hpp"
#include "server/registry.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace pickled::inline v0::detail {

// Thread-safe. Both that it is given must outlive it.
class named_on_demand {
 public:
  named_on_demand(const registry& types, object_table& objects) noexcept
      : types_(types), objects_(objects) {}
  named_on_demand(const named_on_demand&) = delete;
  named_on_demand& operator=(const named_on_demand&) = delete;

  // The type of the object with this name, as `registry::find` gives it for others; nullptr where
  // no pattern allows the name. Throws python_error where the object cannot be made, a MemoryError
  // where there is no room for one more.
  const registered_type* find(std::string_view name, bool room);
  // A named type is found from now on. Throws std::invalid_argument where its name is taken.
  void publish(registered_type named);

 private:
  const registry& types_;
  object_table& objects_;
  // The object table's mutex may be taken while this one is held, and never the other way round.
  std::mutex mutex_;
  std::map<std::string, registered_type, std::less<>> made_;
};

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_OBJECTS_NAMED_ON_DEMAND_HPP
