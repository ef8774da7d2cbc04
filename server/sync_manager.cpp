// SPDX-License-Identifier: BSL-1.0

// The types that this server hosts: what multiprocessing.managers.SyncManager registers, as
// of 3.14, and the containers and queues of the standard library that programs register themselves.
// Names that older clients do not know are offered to them all the same, since only proxies that
// build themselves ask for them.

#include "server/registry.hpp"

// A type is one file in types/ or sync/ with a function `host_…`, and its name in this list.
// clang-format off
#define PICKLED_HOSTED_TYPES(each) \
  each(array) \
  each(barrier) \
  each(bytearray) \
  each(condition) \
  each(counter) \
  each(default_dict) \
  each(deque) \
  each(dict) \
  each(event) \
  each(iterator) \
  each(list) \
  each(lock) \
  each(namespace) \
  each(ordered_dict) \
  each(priority_queue) \
  each(queue) \
  each(rlock) \
  each(semaphore) \
  each(set) \
  each(simple_queue) \
  each(value)
// clang-format on

namespace pickled::inline v0::detail {

#define PICKLED_DECLARE(type) void host_##type(registry& types, iterators how);
PICKLED_HOSTED_TYPES(PICKLED_DECLARE)

registry sync_manager_registry(iterators how) {
  registry types;
#define PICKLED_HOST(type) host_##type(types, how);
  PICKLED_HOSTED_TYPES(PICKLED_HOST)
  return types;
}

}  // namespace pickled::inline v0::detail
