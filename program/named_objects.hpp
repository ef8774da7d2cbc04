// SPDX-License-Identifier: BSL-1.0

// Objects that a configuration file names, so that every client finds the same one:
//
//   "objects": {
//     "get_tasks": {"type": "Queue", "args": [100]},
//     "get_settings": {"type": "dict", "value": {"retries": 3}}
//   }
//
// A client calls `Manager.register('get_tasks')`, and then `manager.get_tasks()`. Others are made
// when they are first asked for, by any name that matches a pattern:
//
//   "create": {"queue_*": {"type": "Queue"}}

#ifndef PICKLED_PROGRAM_NAMED_OBJECTS_HPP
#define PICKLED_PROGRAM_NAMED_OBJECTS_HPP

#include "program/config_file.hpp"
#include "server/registry.hpp"

namespace pickled::inline v0::detail {

// Makes the objects of the file, and registers each, and the patterns for others. `policy` is for
// those with no "on_holder_death" of their own. Throws usage_error for a mistake in the file, among
// them what the types themselves refuse ("ValueError: …").
void register_named_objects(const config_file& file, holder_death policy, registry& types);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_PROGRAM_NAMED_OBJECTS_HPP
