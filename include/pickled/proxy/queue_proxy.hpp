// SPDX-License-Identifier: BSL-1.0

// A Queue, JoinableQueue, PriorityQueue, LifoQueue or SimpleQueue in a server: what AutoProxy makes
// of the classes of CPython's module queue.
//
//   queue_proxy<task> tasks = m.queue<task>();
//   tasks.put(task{...});
//
// queue_proxy<> holds items of any types: q.put("text"), q.get<std::string>().

#ifndef PICKLED_PROXY_QUEUE_PROXY_HPP
#define PICKLED_PROXY_QUEUE_PROXY_HPP

#include "pickled/proxy/argument.hpp"
#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/timeout.hpp"
#include "pickled/proxy/unconverted_item.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// get and put block this thread alone; the try_ functions give up where Python raises queue.Empty
// or queue.Full. An item that does not fit the type it is asked as is in the unconverted_item that
// is thrown then. A SimpleQueue is never full, and has neither task_done, join nor shutdown.
template <class T = value>
class queue_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "AutoProxy";
  static constexpr std::string_view telling_method = "put";
  using value_type = T;

  queue_proxy() = default;
  explicit queue_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  void put(argument<T> item) const { call("put", item); }
  bool try_put(argument<T> item) const {
    return call_unless("Full", "put", item, false).has_value();
  }
  template <class Rep, class Period>
  bool try_put_for(argument<T> item, const std::chrono::duration<Rep, Period>& timeout) const {
    return call_unless("Full", "put", item, true, timeout_seconds(timeout)).has_value();
  }

  // Puts one item after the other, in one round trip; others' may come between them. Blocks as put.
  template <class Items = std::vector<T>>
  void put_many(const Items& items) const {
    call_many_unless({}, "put", items);
  }

  template <class U = T>
  U get() const {
    return take_as<U>("get");
  }
  template <class U = T>
  std::optional<U> try_get() const {
    return take_unless<U>("Empty", "get", false);
  }
  template <class U = T, class Rep, class Period>
  std::optional<U> try_get_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return take_unless<U>("Empty", "get", true, timeout_seconds(timeout));
  }

  std::size_t size() const { return call_as<std::size_t>("qsize"); }
  bool empty() const { return call_as<bool>("empty"); }
  bool full() const { return call_as<bool>("full"); }

  // An item that was got is done with. Throws python_error ValueError where all are already.
  void task_done() const { call("task_done"); }
  // Blocks until every item that was put is done with.
  void join() const { call("join"); }
  // From now on put raises queue.ShutDown, and so does get once nothing is left, or at once where
  // `immediate` drops what is there. CPython has it from 3.13 on.
  void shutdown(bool immediate = false) const { call("shutdown", immediate); }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_QUEUE_PROXY_HPP
