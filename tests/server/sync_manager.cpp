// SPDX-License-Identifier: BSL-1.0

#include "server/registry.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using pickled::detail::registry;
using pickled::detail::sync_manager_registry;

namespace {

struct expected {
  std::string type_id;
  std::string proxytype;
  std::vector<std::string> exposed;
};

// What `create` answers in CPython 3.14.
const expected table[] = {
    {"Queue",
     "AutoProxy",
     {"empty", "full", "get", "get_nowait", "join", "put", "put_nowait", "qsize", "shutdown",
      "task_done"}},
    {"JoinableQueue",
     "AutoProxy",
     {"empty", "full", "get", "get_nowait", "join", "put", "put_nowait", "qsize", "shutdown",
      "task_done"}},
    {"Event", "EventProxy", {"is_set", "set", "clear", "wait"}},
    {"Lock", "AcquirerProxy", {"acquire", "release", "locked"}},
    {"RLock", "AcquirerProxy", {"acquire", "release", "locked"}},
    {"Semaphore", "AcquirerProxy", {"acquire", "release", "locked"}},
    {"BoundedSemaphore", "AcquirerProxy", {"acquire", "release", "locked"}},
    {"Condition",
     "ConditionProxy",
     {"acquire", "release", "locked", "wait", "notify", "notify_all"}},
    {"Barrier", "BarrierProxy", {"__getattribute__", "wait", "abort", "reset"}},
    {"list", "ListProxy", {"__add__", "__contains__", "__delitem__",  "__getitem__", "__imul__",
                           "__len__", "__mul__",      "__reversed__", "__rmul__",    "__setitem__",
                           "append",  "clear",        "copy",         "count",       "extend",
                           "index",   "insert",       "pop",          "remove",      "reverse",
                           "sort"}},
    {"dict",
     "DictProxy",
     {"__contains__", "__delitem__",  "__getitem__", "__ior__",     "__iter__", "__len__",
      "__or__",       "__reversed__", "__ror__",     "__setitem__", "clear",    "copy",
      "fromkeys",     "get",          "items",       "keys",        "pop",      "popitem",
      "setdefault",   "update",       "values",      "__iter__"}},
    {"set",
     "SetProxy",
     {"__and__",
      "__class_getitem__",
      "__contains__",
      "__iand__",
      "__ior__",
      "__isub__",
      "__iter__",
      "__ixor__",
      "__len__",
      "__or__",
      "__rand__",
      "__ror__",
      "__rsub__",
      "__rxor__",
      "__sub__",
      "__xor__",
      "__ge__",
      "__gt__",
      "__le__",
      "__lt__",
      "add",
      "clear",
      "copy",
      "difference",
      "difference_update",
      "discard",
      "intersection",
      "intersection_update",
      "isdisjoint",
      "issubset",
      "issuperset",
      "pop",
      "remove",
      "symmetric_difference",
      "symmetric_difference_update",
      "union",
      "update"}},
    {"Value", "ValueProxy", {"get", "set"}},
    {"Array", "ArrayProxy", {"__len__", "__getitem__", "__setitem__"}},
    {"Namespace", "NamespaceProxy", {"__getattribute__", "__setattr__", "__delattr__"}},
    {"Iterator", "IteratorProxy", {"__next__", "send", "throw", "close"}},
};

}  // namespace

TEST_CASE("SyncManager's types expose what CPython's do", "[server]") {
  const registry types = sync_manager_registry();
  for (const expected& row : table) {
    INFO(row.type_id);
    const pickled::detail::registered_type* type = types.find(row.type_id);
    REQUIRE(type != nullptr);
    CHECK(type->proxytype == row.proxytype);
    CHECK(type->exposed == row.exposed);
  }
}
