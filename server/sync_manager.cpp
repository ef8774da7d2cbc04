// What multiprocessing.managers.SyncManager registers, as of 3.14: names that older clients do not
// know are offered to them all the same, since only proxies that build themselves ask for them.

#include "server/registry.hpp"
#include "server/sync/barrier_object.hpp"
#include "server/sync/condition_object.hpp"
#include "server/sync/event_object.hpp"
#include "server/sync/lock_object.hpp"
#include "server/sync/queue_object.hpp"
#include "server/sync/rlock_object.hpp"
#include "server/sync/semaphore_object.hpp"
#include "server/types/array_object.hpp"
#include "server/types/dict_object.hpp"
#include "server/types/list_object.hpp"
#include "server/types/namespace_object.hpp"
#include "server/types/set_object.hpp"
#include "server/types/value_object.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pickled {

namespace {

using names = std::vector<std::string>;

names exposed(std::span<const method_entry> table) {
  names result;
  for (const method_entry& method : table)
    result.emplace_back(method.name);
  return result;
}

template <class Type>
void add(registry& types, std::string type_id, factory create, std::string proxytype) {
  types.register_type(
      {std::move(type_id), std::move(create), std::move(proxytype), exposed(Type::table()), {}});
}

void register_containers(registry& types, iterators how) {
  add<list_object>(types, "list", make_list, "ListProxy");
  types.register_type({"dict",
                       [how](arguments& args) { return make_dict(args, how); },
                       "DictProxy",
                       exposed(dict_object::table()),
                       {{"__iter__", "Iterator"}}});
  add<set_object>(types, "set", make_set, "SetProxy");
  add<value_object>(types, "Value", make_value, "ValueProxy");
  add<array_object>(types, "Array", make_array, "ArrayProxy");
  add<namespace_object>(types, "Namespace", make_namespace, "NamespaceProxy");
  // Made by other types' methods alone.
  types.register_type(
      {"Iterator", {}, "IteratorProxy", {"__next__", "send", "throw", "close"}, {}});
}

void register_synchronisation(registry& types) {
  add<queue_object>(types, "Queue", queue_object::create, "AutoProxy");
  add<queue_object>(types, "JoinableQueue", queue_object::create, "AutoProxy");
  add<event_object>(types, "Event", event_object::create, "EventProxy");
  add<lock_object>(types, "Lock", lock_object::create, "AcquirerProxy");
  add<rlock_object>(types, "RLock", rlock_object::create, "AcquirerProxy");
  add<semaphore_object>(types, "Semaphore", semaphore_object::create, "AcquirerProxy");
  add<semaphore_object>(types, "BoundedSemaphore", semaphore_object::create_bounded,
                        "AcquirerProxy");
  add<condition_object>(types, "Condition", condition_object::create, "ConditionProxy");
  add<barrier_object>(types, "Barrier", barrier_object::create, "BarrierProxy");
}

}  // namespace

registry sync_manager_registry(iterators how) {
  registry types;
  register_containers(types, how);
  register_synchronisation(types);
  return types;
}

}  // namespace pickled
