// SPDX-License-Identifier: BSL-1.0

// A Queue or JoinableQueue in a server: what AutoProxy makes of queue.Queue in CPython.

#ifndef PICKLED_PROXY_QUEUE_PROXY_HPP
#define PICKLED_PROXY_QUEUE_PROXY_HPP

#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/timeout.hpp"
#include "pickled/proxy/unconverted_item.hpp"
#include "pickled/python/python_error.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace pickled {

// get and put block this thread alone; the try_ functions give up where Python raises queue.Empty
// or queue.Full. An item that does not fit the type it is asked as is in the unconverted_item that
// is thrown then.
class queue_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "AutoProxy";
  static constexpr std::string_view telling_method = "put";

  queue_proxy() = default;
  explicit queue_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  template <class T>
  void put(const T& item) const {
    call("put", item);
  }
  template <class T>
  bool try_put(const T& item) const {
    return !raises("Full", [&] { call("put", item, false); });
  }
  template <class T, class Rep, class Period>
  bool try_put_for(const T& item, const std::chrono::duration<Rep, Period>& timeout) const {
    return !raises("Full", [&] { call("put", item, true, timeout_seconds(timeout)); });
  }

  template <class T = value>
  T get() const {
    return take<T>(call("get"));
  }
  template <class T = value>
  std::optional<T> try_get() const {
    std::optional<T> item;
    raises("Empty", [&] { item = take<T>(call("get", false)); });
    return item;
  }
  template <class T = value, class Rep, class Period>
  std::optional<T> try_get_for(const std::chrono::duration<Rep, Period>& timeout) const {
    std::optional<T> item;
    raises("Empty", [&] { item = take<T>(call("get", true, timeout_seconds(timeout))); });
    return item;
  }

  std::size_t size() const { return call("qsize").get<std::size_t>(); }
  bool empty() const { return call("empty").get<bool>(); }
  bool full() const { return call("full").get<bool>(); }

  // An item that was got is done with. Throws python_error ValueError where all are already.
  void task_done() const { call("task_done"); }
  // Blocks until every item that was put is done with.
  void join() const { call("join"); }

 private:
  // CPython's queue.Empty calls itself _queue.Empty.
  template <class Call>
  static bool raises(std::string_view type, const Call& make) {
    try {
      make();
      return false;
    } catch (const python_error& error) {
      const bool of_queue = error.module() == "queue" || error.module() == "_queue";
      if (!of_queue || error.type() != type) throw;
      return true;
    }
  }
};

}  // namespace pickled

#endif  // PICKLED_PROXY_QUEUE_PROXY_HPP
