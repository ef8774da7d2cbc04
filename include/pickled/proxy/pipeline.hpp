// SPDX-License-Identifier: BSL-1.0

// Many calls in one round trip: all requests go out before the first answer is waited for.
//
//   pickled::pipeline p(manager);
//   auto apples = p.get<int>(stock, "apples");
//   p.set(stock, "pears", 7);
//   p.run();
//   std::cout << apples.result();
//
// The server makes the calls one after the other, in the order in which they were added, as it does
// with those of any one thread; others' calls may come between them.

#ifndef PICKLED_PROXY_PIPELINE_HPP
#define PICKLED_PROXY_PIPELINE_HPP

#include "pickled/proxy/manager.hpp"

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

PICKLED_BEGIN_NAMESPACE

// What a call of a pipeline came to; shared by the pipeline and whoever asks for the result.
class pipelined_call {
 public:
  pipelined_call(base_proxy of, std::string_view method) : of_(std::move(of)), method_(method) {}

  const value& given() const;
  // "dict.__getitem__".
  std::string name() const { return of_.type_id() + '.' + method_; }

 private:
  friend class pipeline;

  base_proxy of_;
  std::string method_;
  std::optional<value> given_;
  std::exception_ptr failure_;
};

// One call of a pipeline. Copies share the result.
template <class T = value>
class pipelined {
 public:
  explicit pipelined(std::shared_ptr<const pipelined_call> call) : call_(std::move(call)) {}

  // What the call returned. Throws what the call would have thrown by itself, and
  // std::logic_error before the pipeline was run.
  T result() const {
    const value& given = call_->given();
    if constexpr (std::is_same_v<T, value>)
      return given;
    else if constexpr (!std::is_void_v<T>)
      return read(given);
  }

 private:
  template <class U = T>
  U read(const value& given) const {
    try {
      return given.get<U>();
    } catch (conversion_error& error) {
      error.name(call_->name());
      throw;
    }
  }

  std::shared_ptr<const pipelined_call> call_;
};

// Used by one thread at a time. A call that blocks (a queue's get, a lock) holds up those after it.
class pipeline {
 public:
  // The objects that are called have to be of this server.
  explicit pipeline(const manager& of) : link_(of.link_) {}

  // As base_proxy::call, when run() is called. Throws std::invalid_argument where `of` is of
  // another server.
  template <class T = value, class... Args>
  pipelined<T> call(const base_proxy& of, std::string_view method, const Args&... args) {
    return pipelined<T>(add(of, method, detail::make_call(of.ident(), method, args...)));
  }
  // An item of a dict or list.
  template <class T = value, class K>
  pipelined<T> get(const base_proxy& of, const K& key) {
    return call<T>(of, "__getitem__", key);
  }
  template <class K, class T>
  pipelined<void> set(const base_proxy& of, const K& key, const T& item) {
    return call<void>(of, "__setitem__", key, item);
  }
  template <class T>
  pipelined<void> push_back(const base_proxy& of, const T& item) {
    return call<void>(of, "append", item);
  }
  template <class T>
  pipelined<void> put(const base_proxy& of, const T& item) {
    return call<void>(of, "put", item);
  }

  std::size_t size() const noexcept { return requests_.size(); }
  // Makes the calls, on the connection of this thread, and leaves the pipeline empty for the next
  // ones. Exceptions of the calls are kept for their results; throws unanswered_call where the
  // connection fails, and then so do the results of the calls that were not answered. `limit` is
  // for all of them together. After a restart of the server, objects with a name are found again as
  // by single calls; where other calls were made already, those of such an object fail, so that the
  // order is kept, and it is there for the next ones.
  void run(std::optional<std::chrono::milliseconds> limit = std::nullopt);

 private:
  std::shared_ptr<pipelined_call> add(const base_proxy& of, std::string_view method,
                                      buffer request);
  void run(const std::vector<buffer>& requests,
           const std::vector<std::shared_ptr<pipelined_call>>& calls,
           const detail::call_limits& limits);

  std::shared_ptr<server_link> link_;
  std::vector<buffer> requests_;
  std::vector<std::shared_ptr<pipelined_call>> calls_;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_PROXY_PIPELINE_HPP
