// SPDX-License-Identifier: BSL-1.0

// The objects of a manager, CPython's or ours: a connection to it, a proxy for each type, and the
// exceptions of both.

#ifndef PICKLED_PROXY_HPP
#define PICKLED_PROXY_HPP

#include "pickled/proxy/connection_error.hpp"
#include "pickled/proxy/lock_lost.hpp"
#include "pickled/proxy/manager.hpp"
#include "pickled/proxy/pipeline.hpp"
#include "pickled/proxy/remote_error.hpp"
#include "pickled/proxy/unconverted_item.hpp"
#include "pickled/python/python_error.hpp"
#include "pickled/version.hpp"

#endif  // PICKLED_PROXY_HPP
