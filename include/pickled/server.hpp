// SPDX-License-Identifier: BSL-1.0

// C++ objects for Python: a server of a program's own, whose classes and functions unmodified
// Python reaches by multiprocessing.managers, and C++ by <pickled/proxy.hpp>.

#ifndef PICKLED_SERVER_HPP
#define PICKLED_SERVER_HPP

#include "pickled/server/manager_server.hpp"
#include "pickled/server/type_registry.hpp"
#include "pickled/version.hpp"

#endif  // PICKLED_SERVER_HPP
