// SPDX-License-Identifier: BSL-1.0

// The objects of a manager, CPython's or ours: a connection to it, and a proxy for each type.

#ifndef PICKLED_PROXY_HPP
#define PICKLED_PROXY_HPP

#include "pickled/proxy/manager.hpp"
#include "pickled/proxy/pipeline.hpp"
#include "pickled/version.hpp"

#endif  // PICKLED_PROXY_HPP
