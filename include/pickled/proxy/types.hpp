// SPDX-License-Identifier: BSL-1.0

// Every typed proxy.

#ifndef PICKLED_PROXY_TYPES_HPP
#define PICKLED_PROXY_TYPES_HPP

#include "pickled/proxy/array_proxy.hpp"
#include "pickled/proxy/barrier_proxy.hpp"
#include "pickled/proxy/bytearray_proxy.hpp"
#include "pickled/proxy/condition_proxy.hpp"
#include "pickled/proxy/counter_proxy.hpp"
#include "pickled/proxy/deque_proxy.hpp"
#include "pickled/proxy/dict_proxy.hpp"
#include "pickled/proxy/event_proxy.hpp"
#include "pickled/proxy/iterator_proxy.hpp"
#include "pickled/proxy/list_proxy.hpp"
#include "pickled/proxy/lock_proxy.hpp"
#include "pickled/proxy/namespace_proxy.hpp"
#include "pickled/proxy/pool_proxy.hpp"
#include "pickled/proxy/queue_proxy.hpp"
#include "pickled/proxy/semaphore_proxy.hpp"
#include "pickled/proxy/set_proxy.hpp"
#include "pickled/proxy/value_proxy.hpp"

#endif  // PICKLED_PROXY_TYPES_HPP
