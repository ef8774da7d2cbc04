// Every typed proxy.

#ifndef PICKLED_PROXY_TYPES_HPP
#define PICKLED_PROXY_TYPES_HPP

#include "proxy/array_proxy.hpp"
#include "proxy/barrier_proxy.hpp"
#include "proxy/condition_proxy.hpp"
#include "proxy/dict_proxy.hpp"
#include "proxy/event_proxy.hpp"
#include "proxy/list_proxy.hpp"
#include "proxy/lock_proxy.hpp"
#include "proxy/namespace_proxy.hpp"
#include "proxy/queue_proxy.hpp"
#include "proxy/semaphore_proxy.hpp"
#include "proxy/value_proxy.hpp"

#endif  // PICKLED_PROXY_TYPES_HPP
