// SPDX-License-Identifier: BSL-1.0

// A multiprocessing.Pool in a server, and what it gives for calls that are under way:
// managers.PoolProxy. CPython's managers have it; pickled::multiprocessing::pool is a pool of this
// program's own.
//
//   const auto workers = m.pool(4);
//   const double root = workers.apply<double>("math.sqrt", 2);
//   const auto roots = workers.map<double>("math.sqrt", std::vector{1.0, 4.0, 9.0});

#ifndef PICKLED_PROXY_POOL_PROXY_HPP
#define PICKLED_PROXY_POOL_PROXY_HPP

#include "pickled/convert/call_arguments.hpp"
#include "pickled/namespace.hpp"
#include "pickled/proxy/argument.hpp"
#include "pickled/proxy/base_proxy.hpp"
#include "pickled/proxy/iterator_proxy.hpp"
#include "pickled/proxy/timeout.hpp"
#include "pickled/python/function_name.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// What a call of a pool will have returned: pool.AsyncResult.
template <class T = value>
class async_result_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "AutoProxy";
  static constexpr std::string_view telling_method = "successful";

  async_result_proxy() = default;
  explicit async_result_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  // Blocks until it is there. Throws what the function raised, a python_error, as often as it is
  // asked.
  T get() const {
    if constexpr (std::is_void_v<T>)
      call("get");
    else
      return call_as<T>("get");
  }
  // The same, but nullopt where it is not there in time.
  template <class Rep, class Period>
  requires(!std::is_void_v<T>) std::optional<T> try_get_for(
      const std::chrono::duration<Rep, Period>& timeout)
  const {
    auto result = call_unless("TimeoutError", "get", timeout_seconds(timeout));
    return result ? std::optional<T>(std::move(*result).template get<T>()) : std::nullopt;
  }
  void wait() const { call("wait"); }
  // Whether it is there.
  template <class Rep, class Period>
  bool wait_for(const std::chrono::duration<Rep, Period>& timeout) const {
    call("wait", timeout_seconds(timeout));
    return ready();
  }
  bool ready() const { return call_as<bool>("ready"); }
  // Whether the function raised nothing. Throws python_error ValueError where it is not there yet.
  bool successful() const { return call_as<bool>("successful"); }
};

// Functions are named as Python imports them, "shapes.area", or "shapes:Circle.area" where the name
// in the module has dots of its own; std::invalid_argument is thrown for what is no such name. The
// server has to have the module. What a function raises is thrown as python_error by whoever asks
// for its result. `chunksize` is how many items make one task of a worker; 0 leaves it to Python.
class pool_proxy : public base_proxy {
 public:
  static constexpr std::string_view proxytype = "PoolProxy";
  static constexpr std::string_view telling_method = "apply_async";

  pool_proxy() = default;
  explicit pool_proxy(base_proxy of) noexcept : base_proxy(std::move(of)) {}

  // function(args...), with keyword{"name", argument} for those by name.
  template <class T = value, class... Args>
  T apply(std::string_view function, const Args&... args) const {
    const auto [positional, named] = arguments_of(args...);
    value result = call("apply", function_name{function}, positional, named);
    if constexpr (!std::is_void_v<T>) return std::move(result).template get<T>();
  }
  template <class T = value, class... Args>
  async_result_proxy<T> apply_async(std::string_view function, const Args&... args) const {
    const auto [positional, named] = arguments_of(args...);
    return async_result_proxy<T>(
        call_for_proxy("apply_async", function_name{function}, positional, named));
  }

  // function(item) for each item, in their order.
  template <class T = value>
  std::vector<T> map(std::string_view function, any_argument items,
                     std::size_t chunksize = 0) const {
    return results<T>("map", function, items, chunksize);
  }
  template <class T = value>
  async_result_proxy<std::vector<T>> map_async(std::string_view function, any_argument items,
                                               std::size_t chunksize = 0) const {
    return async_results<T>("map_async", function, items, chunksize);
  }
  // function(*item) for each item, which is a tuple, say.
  template <class T = value>
  std::vector<T> starmap(std::string_view function, any_argument items,
                         std::size_t chunksize = 0) const {
    return results<T>("starmap", function, items, chunksize);
  }
  template <class T = value>
  async_result_proxy<std::vector<T>> starmap_async(std::string_view function, any_argument items,
                                                   std::size_t chunksize = 0) const {
    return async_results<T>("starmap_async", function, items, chunksize);
  }
  // As map, but each result can be had as soon as it is there: in the order of the items, or as
  // they come.
  template <class T = value>
  iterator_proxy<T> imap(std::string_view function, any_argument items,
                         std::size_t chunksize = 1) const {
    return iterator_proxy<T>(call_for_proxy("imap", function_name{function}, items, chunksize));
  }
  template <class T = value>
  iterator_proxy<T> imap_unordered(std::string_view function, any_argument items,
                                   std::size_t chunksize = 1) const {
    return iterator_proxy<T>(
        call_for_proxy("imap_unordered", function_name{function}, items, chunksize));
  }

  // No more calls are taken; join then waits for those that are under way. terminate ends them.
  void close() const { call("close"); }
  void terminate() const { call("terminate"); }
  void join() const { call("join"); }

 private:
  // A tuple and a dict.
  template <class... Args>
  static std::pair<value, value> arguments_of(const Args&... args) {
    call_arguments given;
    (given.add(args), ...);
    return {value(given.args(), given.owner()), value(given.kwds(), given.owner())};
  }
  static std::optional<std::size_t> chosen(std::size_t chunksize) {
    return chunksize == 0 ? std::nullopt : std::optional(chunksize);
  }
  template <class T>
  std::vector<T> results(std::string_view method, std::string_view function, any_argument items,
                         std::size_t chunksize) const {
    return call_as<std::vector<T>>(method, function_name{function}, items, chosen(chunksize));
  }
  template <class T>
  async_result_proxy<std::vector<T>> async_results(std::string_view method,
                                                   std::string_view function, any_argument items,
                                                   std::size_t chunksize) const {
    return async_result_proxy<std::vector<T>>(
        call_for_proxy(method, function_name{function}, items, chosen(chunksize)));
  }
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_POOL_PROXY_HPP
