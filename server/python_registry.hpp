// SPDX-License-Identifier: BSL-1.0

// What a manager class of Python's has registered, as it is pickled for the server that the manager
// starts: BaseManager._registry.
//
//   registry := { str typeid: (callable or None, exposed or None, method_to_typeid or None,
//                              proxytype) }

#ifndef PICKLED_SERVER_PYTHON_REGISTRY_HPP
#define PICKLED_SERVER_PYTHON_REGISTRY_HPP

#include "pickled/value/value.hpp"
#include "server/registry.hpp"

namespace pickled::inline v0::detail {

// Every typeid of it. Where the callable is one of SyncManager's own (`queue.Queue`), objects are
// hosted natively; to create anything else fails and names the callable, for it would have to be
// run by a Python. With a proxy class of multiprocessing.managers, a type shows all that it can do,
// also what the class knows in later versions only. Entries of any other form are left out.
registry read_registry(value_view registered);

}  // namespace pickled::inline v0::detail

#endif  // PICKLED_SERVER_PYTHON_REGISTRY_HPP
